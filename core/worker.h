/* The worker: the process that owns a restore run. The same binary, started by run_start with a
 * hidden command, in a session of its own, with no descriptor but /dev/null, its log and the
 * channel that brings the secrets. It outlives terminal, connection and console; consoles attach
 * through a Unix socket (0600, peer uid checked) and get snapshots as lines of JSON.
 *
 * It never prompts and never prints. Its main thread serves the socket; core/execute runs the
 * restore on threads of its own.
 */
#ifndef STOPMARK_CORE_WORKER_H
#define STOPMARK_CORE_WORKER_H

/* The hidden first argument by which main() knows that it is to be a worker. */
#define WORKER_COMMAND "internal-worker"

/* The last argument of a worker that is only to end a dead run. */
#define WORKER_ABORT "abort"

/* How long the worker of a failed run keeps its locks and waits for retry or abort. */
enum { WORKER_WAIT_MS = 10 * 60 * 1000 };

/* The worker's main(): argv[1] is WORKER_COMMAND, the rest is what run_start passed. main() calls
 * it before it does anything else (no terminal, no threads, no locale needed before). Returns the
 * process's exit status; whoever started the run learns the outcome from journal and socket. */
int worker_main(int argc, char **argv);

#endif
