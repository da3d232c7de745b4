/* stopmark: the one entry. The worker is this same binary under a name of its own. */
#include <string.h>

#include "core/worker.h"
#include "screens/cli.h"

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], WORKER_COMMAND) == 0)
        return worker_main(argc, argv);
    return cli_main(argc, argv);
}
