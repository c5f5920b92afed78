/* The command line: picks the subcommand and runs it. */
#ifndef HR_CMD_CLI_H
#define HR_CMD_CLI_H

/* Returns the exit status of the program. */
int cli_main(int argc, char **argv);

#endif
