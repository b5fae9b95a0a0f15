/* SPDX-License-Identifier: Apache-2.0 */

/*
 * live_empty OBJECT COMMAND [ARGUMENT...]: attaches the object's programs, then runs the command
 * and ends as it does.
 */

#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int attach_all(struct bpf_object *object)
{
	struct bpf_program *program;

	if (bpf_object__load(object) < 0)
		return -1;
	bpf_object__for_each_program(program, object) if (!bpf_program__attach(program)) return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc > 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	int status = 1;
	pid_t pid;

	if (!object || attach_all(object) < 0) {
		fprintf(stderr, "usage: %s OBJECT COMMAND [ARGUMENT...]\n", argv[0]);
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
