/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EVASION_ATTACK_H
#define TESTS_EVASION_ATTACK_H

/*
 * An attack knows what it really got. It tells so, event by event, on a descriptor of its own:
 *
 *	TID <tab> EVENT TYPE <tab> FIELD=VALUE ...
 *
 * A field named like one of besra's must have that value in the event, with FIELD>=VALUE one that
 * ends so. One that begins with a dot is only there to be looked at.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct attack {
	int oracle;            /* the descriptor for what it got */
	const char *self;      /* the program itself, as an absolute path */
	const char *directory; /* its own, also the current one; absolute */
	unsigned rounds;       /* of a race, at least */
};

struct attack_case {
	const char *name;
	void (*run)(const struct attack *a);
};

/* The preparations are over. This call fails and does nothing; main makes another at the end. */
void begin(void);

/* Whatever is not part of the attack and fails ends the program. */
_Noreturn void die(const char *what);

/* FORMAT makes the fields, separated by tabs, of an event of this thread. */
__attribute__((format(printf, 3, 4))) void tell(const struct attack *a, const char *type,
						const char *format, ...);
/* What a descriptor really is: evt.kernel_path, fd.ino; or that there is none. */
void tell_opened(const struct attack *a, const char *type, int fd);
/* The program that runs now: evt.kernel_path, proc.exe_ino, evt.arg.filename. */
void tell_executed(const struct attack *a);

/* Runs the program with "arrived" and what it needs to tell; does not return. */
_Noreturn void run_program(const struct attack *a, const char *path, char **more);
void write_file(const char *path, const char *text);
void copy_program(const struct attack *a, const char *path, mode_t mode);

/* ---- A thread that rewrites one byte between two values, until told to stop ------------------- */

struct rewriter {
	pthread_t thread;
	volatile char *byte;
	char values[2];
	volatile bool stop;
	unsigned rounds, won;
};
void rewriter_start(struct rewriter *r, char *byte, char one, char other);
void rewriter_stop(struct rewriter *r);
/* Whether there is to be another round: until the race was won now and then, within bounds. */
bool rewriter_again(struct rewriter *r, const struct attack *a);
/* The call is over, and this is the value it used. */
void rewriter_note(struct rewriter *r, char used);

/* "./././" and so on, then `name`: the walk takes the kernel a while after it copied the text. */
void long_way(char path[4096], const char *name);

/* An /etc with a shadow file of its own, in a mount namespace of its own. */
void make_own_etc(void);

/* Each file's cases, up to one without a name. */
extern const struct attack_case race_cases[], name_race_cases[], detour_cases[], uring_cases[],
	exec_cases[], flood_cases[];

#endif
