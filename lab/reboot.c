#include "lab/reboot.h"

#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/underlay.h"

#define DISK_MS 10000

/* As text: what a program is given on its standard input is one. */
static int save_disk(struct lab *lab, const char *machine, struct buf *out, struct fault *f)
{
	static const char *const argv[] = {
		"sh", "-c", "tar -C / -cf - etc/skein var/lib/skein | base64 -w 0", NULL};

	return machine_run(lab, machine, argv, NULL, DISK_MS, out, f);
}

static int restore_disk(struct lab *lab, const char *machine, const struct buf *disk,
			struct fault *f)
{
	static const char *const argv[] = {"sh", "-c", "base64 -d | tar -C / -xf -", NULL};

	return machine_run(lab, machine, argv, buf_text(disk), DISK_MS, NULL, f);
}

int reboot_machine(struct lab *lab, const char *machine, struct fault *f)
{
	struct place p;
	struct buf disk;
	int code;

	buf_init_secret(&disk);
	code = outage_cause(lab, machine, "all", f);
	if (code == 0)
		code = save_disk(lab, machine, &disk, f);
	if (code == 0) {
		lab_place(lab, machine, &p);
		place_remove(&p);
		code = place_make(&p, f);
	}
	if (code == 0)
		code = underlay_rebuild(lab, machine, f);
	if (code == 0)
		code = restore_disk(lab, machine, &disk, f);
	buf_fini(&disk);
	return code;
}
