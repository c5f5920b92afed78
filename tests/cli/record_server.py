#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A server like net/http/pprof on a free port of the loopback address, which it prints. Each path does something
else with the trace that it is given: record_server.py TRACE."""
import base64, http.server, sys, time, urllib.parse

trace = open(sys.argv[1], 'rb').read()


def batch(generation, content, thread=9):
    length = bytes((len(content) >> 7 * i & 127) | (128 if i < 9 else 0) for i in range(10))
    return bytes([1, generation, thread, 100]) + length + content


# A first generation that is complete and has no heap events, and the start of the next one: event 16 is of a
# goroutine; 8 tells the clock's frequency.
no_heap_events = (b'go 1.25 trace\0\0\0' + batch(1, bytes([16, 1, 1, 1])) +
                  batch(1, bytes([8, 0x80, 0xca, 0xb5, 0xee, 0x01])) + batch(2, bytes([16, 1, 1, 1])))

metrics = '''# HELP process_resident_memory_bytes Resident memory size in bytes.
process_resident_memory_bytes 1.2345344e+07
go_gc_gogc_percent 75
go_gc_gomemlimit_bytes 9.223372036854776e+18
go_info{version="go1.26.4"} 1
'''


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # the other side went away

    def answer(self, status, body, headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def wait(self):
        """Until the other side goes away."""
        self.connection.settimeout(60)
        try:
            self.connection.recv(1)
        except OSError:
            pass

    def slowly(self, body):
        step = len(body) // 8 + 1
        for at in range(0, len(body), step):
            self.wfile.write(body[at:at + step])
            time.sleep(0.02)

    def start(self):
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path == '/debug/pprof/trace':
            self.start()
            self.slowly(trace)
        elif url.path == '/debug/pprof/cmdline':
            self.answer(200, b'/srv/app\0-secret=1')
        elif url.path == '/metrics':
            self.answer(200, metrics.encode())
        elif url.path == '/debug/vars':
            self.answer(200, b'{"cmdline": ["/srv/app"], "memstats": {"Sys": 7166992, "HeapSys": 3866624}}')
        elif url.path == '/moved':
            self.answer(302, b'', [('Location', '/debug/pprof/trace?' + url.query)])
        elif url.path == '/around':
            self.answer(302, b'', [('Location', '/around')])
        elif url.path == '/basic':
            if self.headers.get('Authorization') == 'Basic ' + base64.b64encode(b'me:word').decode():
                return self.answer(200, trace)
            self.answer(401, b'who are you?', [('WWW-Authenticate', 'Basic realm="x"')])
        elif url.path == '/token':
            self.answer(200 if self.headers.get('X-Token') == 'abc' else 403, trace)
        elif url.path == '/seconds':
            self.answer(200 if query.get('seconds') == ['7'] else 400, trace)
        elif url.path == '/busy':
            self.answer(500, b'Could not enable tracing: tracing is already enabled\nmore')
        elif url.path == '/page':
            self.answer(200, b'<html>a page of somebody else</html>')
        elif url.path == '/hang':
            self.start()
            self.wfile.write(trace[:len(trace) // 2])
            self.wfile.flush()
            self.wait()
        elif url.path == '/too-little':
            self.answer(200, trace[:1000], length=len(trace))
        elif url.path == '/silent':
            self.wait()
        elif url.path == '/dies':
            self.answer(200, trace[:len(trace) // 2], length=len(trace))
        elif url.path == '/no-heap-events':
            self.start()
            self.wfile.write(no_heap_events)
            self.wait()
        else:
            self.answer(404, b'404 page not found')


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
