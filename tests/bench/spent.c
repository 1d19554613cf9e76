/* SPDX-License-Identifier: Apache-2.0
 *
 *     spent COMMAND [ARGUMENT]...
 *
 * Runs a command without its output and prints the seconds from its start to its end and the most
 * memory that it had, in bytes; exits as the command does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status = -1, nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    double start = now();
    pid_t child = argc > 1 ? fork() : -1;
    if (child == 0) {
        dup2(nowhere, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 126;
    printf("%.6f %ld\n", now() - start, usage.ru_maxrss * 1024);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
