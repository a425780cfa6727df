/* What a report is made of: a row for each part. A word that begins with '@' stands for what
 *differs from machine to machine:
 *
 *	@self @state @run @data		this program; the agent's directories; the controller's
 *	@bird @socket			a BIRD's mesh, and its control socket
 *	@image @of			a verified image, and its place below @state */
#ifndef SKEIN_CLI_REPORT_PARTS_H
#define SKEIN_CLI_REPORT_PARTS_H

enum part_of {
	PART_OF_MACHINE,
	PART_OF_AGENT, /* and the ones below: where there is one */
	PART_OF_IMAGE, /* of each that the agent has */
	PART_OF_BIRD,  /* of each that runs for the agent */
	PART_OF_CONTROLLER,
};

enum part_kind {
	PART_OUTPUT, /* what a command says; its words, a blank between two */
	PART_FILES,  /* those of a pattern, the end of long ones; nothing outside of `base` */
	PART_ANSWER, /* what the agent answers over its control socket */
};

struct part {
	enum part_of of;
	enum part_kind kind;
	const char *name;   /* its path in the report; PART_FILES: `base`, files keep their own */
	const char *source; /* NULL ends the rows */
};

extern const struct part report_parts[];

#endif
