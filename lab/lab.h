/* A lab: a fleet of machines, each in namespaces of its own, on one computer.
 *
 * Where its things are (LAB is its name):
 *	/run/skein-lab/LAB/file.yaml	a copy of the file it was made from
 *	/run/skein-lab/LAB/record.json	what it made beyond namespaces (lab/record.h)
 *	/run/skein-lab/LAB/log/		what its programs said
 *	/run/skein-lab/LAB/ns/		mount and UTS namespaces, bound
 *	/run/netns/skl-LAB-MACHINE	network namespaces, for `ip netns`
 *
 * A process belongs to a lab if it lives in a mount namespace that is bound in ns/, whoever started
 * it; nothing else is ever killed. */
#ifndef SKEIN_LAB_LAB_H
#define SKEIN_LAB_LAB_H

#include <stdio.h>

#include "lab/file.h"
#include "lab/netns.h"
#include "lab/process.h"
#include "lab/record.h"

#define LAB_ROOT "/run/skein-lab"

struct lab {
	struct arena arena;
	struct lab_file file;
	struct record record;
	char name[64];
	const char *text; /* of the file it is made from; NULL: it was opened */
	char dir[PLACE_PATH_MAX];
	char programs[256]; /* the directory that has skein and its daemons */
	int lock;	    /* -1: another program may have the lab */
	FILE *say;	    /* progress for people; NULL: none */
};

/* A lab that is to be made from a file. Takes its lock: one program at a time changes a lab.
 * Caller lab_close()s, whatever comes out. */
int lab_plan(struct lab *lab, const char *path, struct fault *f);
/* The same from a file's text; `where` names it in errors. */
int lab_plan_text(struct lab *lab, const char *where, const char *text, size_t len,
		  struct fault *f);
/* One that is up; `name` NULL: the only one there is. Lock as above if `change`. */
int lab_open(struct lab *lab, const char *name, bool change, struct fault *f);
void lab_close(struct lab *lab);
/* Of which nothing but the name is known: to remove it. Caller lab_close()s. */
void lab_init(struct lab *lab, const char *name);
/* ERR_BUSY while another program has it; held until lab_close(). */
int lab_take_lock(struct lab *lab, struct fault *f);
/* Removes the lock's file; held on to, it locks nothing any more. */
void lab_drop_lock(const struct lab *lab);
/* `name`, or that of the only lab there is; a fault names those that there are. */
int lab_find_name(const char *name, char out[64], struct fault *f);
/* Notes that everything came up. */
int lab_note_whole(struct lab *lab, struct fault *f);
/* ERR_CHECK where that was never noted: its making failed, or was killed half way. ERR_BUSY while
 * somebody is at it. */
int lab_check_whole(const struct lab *lab, struct fault *f);

void lab_place(const struct lab *lab, const char *machine, struct place *out);
/* ERR_NOT_FOUND, with the names there are, where the lab has no such machine or host. */
int lab_find_place(const struct lab *lab, const char *machine, struct place *out, struct fault *f);
/* PATH of the log of a program on a machine. */
const char *lab_log_path(const struct lab *lab, const char *machine, const char *program,
			 char out[PLACE_PATH_MAX]);
/* One of Skein's programs, in the arena. */
const char *lab_program(struct lab *lab, const char *name);
int lab_load_record(struct lab *lab, struct fault *f);
int lab_save_record(const struct lab *lab, struct fault *f);
void lab_say(const struct lab *lab, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The end of every log that has something, for when it went wrong. */
void lab_show_logs(const struct lab *lab, FILE *to);

/* Every place of the file: controller, machines, hosts, underlay. */
typedef int lab_each(struct lab *lab, const char *name, struct fault *f);
int lab_for_each_place(struct lab *lab, lab_each *each, struct fault *f);

#endif
