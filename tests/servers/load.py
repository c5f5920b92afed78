#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Load for the servers that record.sh records: bounded in time, on loopback only, seeded."""
import argparse, base64, http.client, http.server, json, os, random, threading, time
from urllib.parse import urlsplit

parser = argparse.ArgumentParser()
parser.add_argument('kind', choices=['get', 'etcd', 'victoria', 'exporter', 'files', 'site'])
parser.add_argument('target', nargs='?')
parser.add_argument('--seconds', type=float, default=30, help='how long it runs, at most')
parser.add_argument('--port', type=int, default=29000)
parser.add_argument('--rate', type=float, default=100, help='requests a second, of all workers together')
parser.add_argument('--delay', type=float, default=0, help='seconds before the first request')
parser.add_argument('--bursts', type=int, default=0, help='so many bursts with as much idling between')
parser.add_argument('--gzip', action='store_true')
parser.add_argument('--pages', type=int, default=1000)
args = parser.parse_intermixed_args()
rng = random.Random(1)
end = time.monotonic() + args.seconds
WORDS = [''.join(rng.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(rng.randint(3, 9))) for _ in range(2000)]


def text(length):
    parts = []
    while length > 0:
        parts.append(rng.choice(WORDS))
        length -= len(parts[-1]) + 1
    return ' '.join(parts)


def idle():
    """Whether the load rests now, when it comes in bursts."""
    if not args.bursts:
        return False
    period = args.seconds / args.bursts
    return (time.monotonic() - (end - args.seconds)) % period > period / 2


def requests(host, make, workers=4):
    """Sends what make(n) tells (method, path, body, headers) from some connections until the end."""
    counter = iter(range(10 ** 9))
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection(host, timeout=10)
        while time.monotonic() < end:
            if idle():
                time.sleep(0.05)
                continue
            began = time.monotonic()
            with lock:
                request = make(next(counter))
            try:
                connection.request(*request)
                connection.getresponse().read()
            except OSError:
                connection.close()
                time.sleep(0.1)
            except http.client.HTTPException:
                connection.close()
            time.sleep(max(0, workers / args.rate - (time.monotonic() - began)))

    time.sleep(args.delay)
    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(args.seconds + 15)


def get():
    url = urlsplit(args.target)
    path = url.path + ('?' + url.query if url.query else '')
    headers = {'Accept-Encoding': 'gzip'} if args.gzip else {}
    requests(url.netloc, lambda n: ('GET', path.replace('%d', str(n % 20)), None, headers))


def etcd():
    def make(n):
        key = base64.b64encode(b'key%d' % rng.randrange(5000)).decode()
        if n % 3 == 2:
            return 'POST', '/v3/kv/range', json.dumps({'key': key, 'limit': 50, 'range_end': base64.b64encode(b'l').decode()})
        value = base64.b64encode(rng.randbytes(rng.choice([64, 256, 1024, 8192]))).decode()
        return 'POST', '/v3/kv/put', json.dumps({'key': key, 'value': value})

    args.rate = 400
    requests('127.0.0.1:%d' % args.port, make, 8)


def victoria():
    def make(n):
        if n % 5 == 4:
            return 'GET', '/api/v1/query_range?query=sum(rate(load_metric%5B1m%5D))&start=-5m&step=5s', None
        lines = ['load_metric{host="h%d",cpu="%d"} %f' % (rng.randrange(400), c, rng.random()) for c in range(200)]
        return 'POST', '/api/v1/import/prometheus', '\n'.join(lines)

    args.rate = 150
    requests('127.0.0.1:%d' % args.port, make, 4)


def exporter():
    """A page of metrics whose number of series grows and falls."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            left = max(0, end - time.monotonic()) / args.seconds
            series = int(2000 + 8000 * (1 - abs(2 * left - 1)))
            body = ''.join('series_total{shard="%d",id="%d"} %d\n' % (i % 16, i, rng.randrange(10 ** 6)) for i in range(series))
            self.send_response(200)
            self.send_header('Content-Type', 'text/plain; version=0.0.4')
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', args.port), Handler)
    threading.Timer(args.seconds, server.shutdown).start()
    server.serve_forever()


def files():
    for i in range(20):
        with open(os.path.join(args.target, '%d.txt' % i), 'w') as f:
            f.write(text(20000 * (i + 1)))


def site():
    os.makedirs(args.target + '/content/posts', exist_ok=True)
    os.makedirs(args.target + '/layouts/_default', exist_ok=True)
    with open(args.target + '/hugo.toml', 'w') as f:
        f.write('baseURL = "http://127.0.0.1/"\ntitle = "site"\n')
    for name, body in (('single', '{{ .Content }}{{ range first 10 site.RegularPages }}{{ .Title }}{{ end }}'),
                       ('list', '{{ range .Pages }}{{ .Title }} {{ .Summary }}{{ end }}')):
        with open(args.target + '/layouts/_default/%s.html' % name, 'w') as f:
            f.write('<html><body>%s</body></html>\n' % body)
    for i in range(args.pages):
        with open(args.target + '/content/posts/p%d.md' % i, 'w') as f:
            f.write('---\ntitle: "%s"\ntags: ["%s", "%s"]\n---\n\n' % (text(30), rng.choice(WORDS), rng.choice(WORDS)))
            f.write('\n\n'.join('## %s\n\n%s' % (text(20), text(800)) for _ in range(4)))


globals()[args.kind]()
