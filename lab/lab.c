#include "lab/lab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

#define LOG_TAIL_BYTES 1500

static void names(struct lab *lab, const char *name)
{
	snprintf(lab->name, sizeof(lab->name), "%s", name);
	snprintf(lab->dir, sizeof(lab->dir), LAB_ROOT "/%s", lab->name);
}

static void place_names(const char *lab, const char *machine, struct place *out)
{
	snprintf(out->net, sizeof(out->net), "/run/netns/skl-%s-%s", lab, machine);
	snprintf(out->mnt, sizeof(out->mnt), LAB_ROOT "/%s/ns/%s.mnt", lab, machine);
	snprintf(out->uts, sizeof(out->uts), LAB_ROOT "/%s/ns/%s.uts", lab, machine);
	snprintf(out->hostname, sizeof(out->hostname), "%s", machine);
}

static const char *record_path(const struct lab *lab, char out[PLACE_PATH_MAX + 16])
{
	snprintf(out, PLACE_PATH_MAX + 16, "%s/record.json", lab->dir);
	return out;
}

/* The programs are beside this one (build/skein-lab), one up (build/test/net), or where
 * SKEIN_PROGRAMS says. */
static int find_programs(struct lab *lab, struct fault *f)
{
	const char *said = getenv("SKEIN_PROGRAMS");
	char self[200], probe[300];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (said != NULL) {
		snprintf(lab->programs, sizeof(lab->programs), "%s", said);
		return 0;
	}
	if (n <= 0)
		return fault_set(f, ERR_IO, "/proc/self/exe cannot be read");
	self[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(self, '/');

		if (slash == NULL)
			break;
		*slash = '\0';
		snprintf(probe, sizeof(probe), "%s/skein", self);
		if (access(probe, X_OK) == 0) {
			snprintf(lab->programs, sizeof(lab->programs), "%s", self);
			return 0;
		}
	}
	snprintf(lab->programs, sizeof(lab->programs), "/usr/bin");
	return 0;
}

static const char *lock_path(const struct lab *lab, char out[PLACE_PATH_MAX + 16])
{
	snprintf(out, PLACE_PATH_MAX + 16, "%s.lock", lab->dir);
	return out;
}

int lab_take_lock(struct lab *lab, struct fault *f)
{
	char path[PLACE_PATH_MAX + 16];
	struct stat held, named;

	if (file_make_dir(LAB_ROOT, 0755, f) != 0)
		return f->code;
	lab->lock = open(lock_path(lab, path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lab->lock < 0)
		return fault_errno(f, errno, "%s", path);
	/* `down` removes the file while it holds the lock: one that has no name locks nothing. */
	if (flock(lab->lock, LOCK_EX | LOCK_NB) != 0 || fstat(lab->lock, &held) != 0 ||
	    stat(path, &named) != 0 || held.st_ino != named.st_ino) {
		close(lab->lock);
		lab->lock = -1;
		return fault_set(f, ERR_BUSY, "another skein-lab is at work on '%s'", lab->name);
	}
	return 0;
}

void lab_drop_lock(const struct lab *lab)
{
	char path[PLACE_PATH_MAX + 16];

	unlink(lock_path(lab, path));
}

static void init(struct lab *lab)
{
	memset(lab, 0, sizeof(*lab));
	lab->lock = -1;
	arena_init(&lab->arena);
	record_init(&lab->record);
}

void lab_init(struct lab *lab, const char *name)
{
	init(lab);
	names(lab, name);
}

int lab_plan_text(struct lab *lab, const char *where, const char *text, size_t len, struct fault *f)
{
	int code;

	init(lab);
	code = lab_file_parse(where, text, len, &lab->arena, &lab->file, f);
	if (code != 0)
		return code;
	lab->text = arena_strdup(&lab->arena, text);
	names(lab, lab->file.name);
	code = find_programs(lab, f);
	return code != 0 ? code : lab_take_lock(lab, f);
}

int lab_plan(struct lab *lab, const char *path, struct fault *f)
{
	struct buf text;
	int code;

	init(lab);
	buf_init(&text);
	code = file_read(path, DOCUMENT_SIZE_MAX, &text, f);
	if (code == 0)
		code = lab_plan_text(lab, path, buf_text(&text), text.len, f);
	buf_fini(&text);
	return code;
}

static bool is_being_changed(const struct lab *lab)
{
	char path[PLACE_PATH_MAX + 16];
	int fd = open(lock_path(lab, path), O_RDONLY | O_CLOEXEC);
	bool taken = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	return taken;
}

int lab_check_whole(const struct lab *lab, struct fault *f)
{
	if (lab->record.whole)
		return 0;
	if (is_being_changed(lab))
		return fault_set(f, ERR_BUSY, "lab '%s' is just being made", lab->name);
	return fault_set(f, ERR_CHECK,
			 "lab '%s' is not whole, its making failed or was killed: 'skein-lab up "
			 "FILE' makes it anew, 'skein-lab down --lab %s' takes it away",
			 lab->name, lab->name);
}

int lab_note_whole(struct lab *lab, struct fault *f)
{
	lab->record.whole = true;
	return lab_save_record(lab, f);
}

int lab_open(struct lab *lab, const char *name, bool change, struct fault *f)
{
	char found[64], path[PLACE_PATH_MAX + 16];
	int code;

	init(lab);
	code = lab_find_name(name, found, f);
	if (code != 0)
		return code;
	names(lab, found);
	snprintf(path, sizeof(path), "%s/file.yaml", lab->dir);
	if (access(path, R_OK) != 0)
		return lab_check_whole(lab, f);
	code = lab_file_load(path, &lab->arena, &lab->file, f);
	if (code == 0)
		code = find_programs(lab, f);
	if (code == 0 && change)
		code = lab_take_lock(lab, f);
	if (code == 0)
		code = lab_load_record(lab, f);
	return code;
}

void lab_close(struct lab *lab)
{
	if (lab->lock >= 0)
		close(lab->lock);
	record_fini(&lab->record);
	arena_fini(&lab->arena);
}

void lab_place(const struct lab *lab, const char *machine, struct place *out)
{
	place_names(lab->name, machine, out);
}

static int note_name(struct lab *lab, const char *name, struct fault *f)
{
	(void)lab;
	/* A fault's text serves as the list here; it is bounded and cut like any. */
	size_t used = strlen(f->text);

	snprintf(f->text + used, sizeof(f->text) - used, "%s%s", used > 0 ? ", " : "", name);
	return 0;
}

static bool is_in_file(const struct lab *lab, const char *name)
{
	const struct lab_network *networks = lab->file.networks.at;

	for (size_t i = 0; i < lab->file.networks.n; i++)
		if (strcmp(networks[i].name, name) == 0)
			return true;
	return strcmp(name, LAB_UNDERLAY) == 0 || lab_file_node(&lab->file, name) != NULL;
}

int lab_find_place(const struct lab *lab, const char *machine, struct place *out, struct fault *f)
{
	struct fault known = {0};

	lab_place(lab, machine, out);
	if (strlen(machine) <= 63 && strchr(machine, '/') == NULL && place_exists(out))
		return 0;
	if (is_in_file(lab, machine) && !lab->record.whole)
		return lab_check_whole(lab, f);
	lab_for_each_place((struct lab *)lab, note_name, &known);
	return fault_set(f, ERR_NOT_FOUND, "no machine '%.40s' in this lab; there are: %s", machine,
			 known.text);
}

const char *lab_log_path(const struct lab *lab, const char *machine, const char *program,
			 char out[PLACE_PATH_MAX])
{
	snprintf(out, PLACE_PATH_MAX, LAB_ROOT "/%.20s/log/%s.%s.log", lab->name, machine, program);
	return out;
}

const char *lab_program(struct lab *lab, const char *name)
{
	return arena_printf(&lab->arena, "%s/%s", lab->programs, name);
}

int lab_load_record(struct lab *lab, struct fault *f)
{
	char path[PLACE_PATH_MAX + 16];

	return record_load(&lab->record, record_path(lab, path), f);
}

int lab_save_record(const struct lab *lab, struct fault *f)
{
	char path[PLACE_PATH_MAX + 16];

	return record_save(&lab->record, record_path(lab, path), f);
}

void lab_say(const struct lab *lab, const char *fmt, ...)
{
	va_list ap;

	if (lab->say == NULL)
		return;
	va_start(ap, fmt);
	vfprintf(lab->say, fmt, ap);
	va_end(ap);
	fputc('\n', lab->say);
	fflush(lab->say);
}

static void show_log(const char *dir, const char *name, FILE *to)
{
	char path[400], tail[LOG_TAIL_BYTES + 1];
	ssize_t n = 0;
	off_t end;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	end = lseek(fd, 0, SEEK_END);
	if (end > 0)
		n = pread(fd, tail, LOG_TAIL_BYTES,
			  end > LOG_TAIL_BYTES ? end - LOG_TAIL_BYTES : 0);
	close(fd);
	if (n > 0)
		fprintf(to, "==> %s <==\n%.*s\n", name, (int)n, tail);
}

void lab_show_logs(const struct lab *lab, FILE *to)
{
	char dir[PLACE_PATH_MAX + 8];
	struct dirent **entries;
	int n;

	snprintf(dir, sizeof(dir), "%s/log", lab->dir);
	n = scandir(dir, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_type == DT_REG)
			show_log(dir, entries[i]->d_name, to);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int lab_for_each_place(struct lab *lab, lab_each *each, struct fault *f)
{
	const struct lab_network *networks = lab->file.networks.at;
	int code = each(lab, LAB_UNDERLAY, f);

	for (size_t i = 0; i < lab->file.nnodes && code == 0; i++)
		code = each(lab, lab->file.nodes[i].name, f);
	for (size_t i = 0; i < lab->file.networks.n && code == 0; i++)
		code = each(lab, networks[i].name, f);
	return code;
}
