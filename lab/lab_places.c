#include "lab/lab_places.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "lab/tune.h"
#include "lib/base/file.h"

#define KILL_DEADLINE_MS 15000

static int make_one(struct lab *lab, const char *name, struct fault *f)
{
	struct place p;

	lab_place(lab, name, &p);
	return place_make(&p, f);
}

static int keep_file(const struct lab *lab, struct fault *f)
{
	char path[PLACE_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/file.yaml", lab->dir);
	return file_write(path, lab->text, strlen(lab->text), 0644, f);
}

int lab_make_places(struct lab *lab, struct fault *f)
{
	char path[PLACE_PATH_MAX + 16];
	int code = lab_remove(lab->name, f);

	if (code != 0)
		return code;
	snprintf(path, sizeof(path), "%s/log", lab->dir);
	code = file_make_dir(path, 0755, f);
	if (code == 0)
		code = keep_file(lab, f);
	tune_plan(&lab->record, lab->file.machines.n);
	if (code == 0)
		code = lab_save_record(lab, f);
	if (code == 0)
		code = tune_raise(&lab->record, f);
	snprintf(path, sizeof(path), "%s/ns", lab->dir);
	if (code == 0)
		code = place_root_make(path, f);
	return code == 0 ? lab_for_each_place(lab, make_one, f) : code;
}

/* ---- removal: by what is bound in ns/, so that it works after any crash ---- */

/* Killed again until none is found: one that was just being started may come after the look. */
static int kill_inside(const struct place *p, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), KILL_DEADLINE_MS);
	process_vec inside = {0};
	int code = 0;

	do {
		inside.n = 0;
		process_find(p, NULL, &inside);
		code = process_kill_all(&inside, deadline, f);
	} while (code == 0 && inside.n > 0);
	vec_free(&inside);
	return code == 0 ? 0 : fault_prefix(f, "%s", p->hostname);
}

/* The rest goes also where one does not; the first fault is told. */
static int remove_places(const struct lab *lab, const char *dir, struct fault *f)
{
	DIR *bound = opendir(dir);
	struct dirent *entry;
	int code = 0;

	if (bound == NULL)
		return 0;
	while ((entry = readdir(bound)) != NULL) {
		char machine[64];
		size_t len = strlen(entry->d_name);
		struct place p;
		int error;

		if (len <= 4 || len > 60 || strcmp(entry->d_name + len - 4, ".mnt") != 0)
			continue;
		snprintf(machine, sizeof(machine), "%.*s", (int)(len - 4), entry->d_name);
		lab_place(lab, machine, &p);
		error = kill_inside(&p, code == 0 ? f : NULL);
		/* Kept where something still runs in it, or nobody could find it any more. */
		if (error == 0)
			place_remove(&p);
		else
			code = code == 0 ? error : code;
	}
	closedir(bound);
	return code;
}

static bool other_labs(const struct lab *lab)
{
	DIR *root = opendir(LAB_ROOT);
	struct dirent *entry;
	bool others = false;

	while (root != NULL && (entry = readdir(root)) != NULL)
		others = others || (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
				    strcmp(entry->d_name, lab->name) != 0);
	if (root != NULL)
		closedir(root);
	return others;
}

int lab_remove(const char *name, struct fault *f)
{
	char path[PLACE_PATH_MAX + 16];
	struct lab lab;
	int code;

	lab_init(&lab, name);
	snprintf(path, sizeof(path), "%s/ns", lab.dir);
	code = remove_places(&lab, path, f);
	if (code == 0)
		place_root_remove(path);
	if (code == 0 && lab_load_record(&lab, f) == 0)
		tune_restore(&lab.record, other_labs(&lab));
	if (code == 0)
		code = file_remove(lab.dir, f);
	lab_close(&lab);
	return code;
}

int lab_end(struct lab *lab, struct fault *f)
{
	int code = lab->lock >= 0 ? lab_remove(lab->name, f) : 0;

	if (code == 0 && lab->lock >= 0)
		lab_drop_lock(lab);
	lab_close(lab);
	rmdir(LAB_ROOT); /* stays while another lab is there */
	return code;
}

int lab_down(const char *name, struct fault *f)
{
	struct lab lab;
	int code;

	lab_init(&lab, name);
	code = lab_take_lock(&lab, f);
	if (code == 0)
		return lab_end(&lab, f);
	lab_close(&lab);
	return code;
}
