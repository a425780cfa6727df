#include "controller/images.h"

#include <pthread.h>
#include <stdlib.h>

#include "controller/history.h"
#include "controller/uthash.h"
#include "lib/mesh/delta.h"

struct image_entry {
	row_t membership;
	struct image_files files;
	struct history history;
	UT_hash_handle hh;
};

struct images {
	pthread_mutex_t lock;
	const uint8_t *signing_key;
	size_t most, bytes;
	struct image_entry *entries; /* in order of use: the table keeps that of insertion */
};

struct images *images_new(const uint8_t signing_key[64], size_t bytes)
{
	struct images *x = mem_alloc(sizeof(*x));

	pthread_mutex_init(&x->lock, NULL);
	x->signing_key = signing_key;
	x->most = bytes;
	return x;
}

static size_t weight(const struct image_entry *e)
{
	return sizeof(*e) + e->files.image->len + e->files.text->len + e->history.bytes;
}

static void drop(struct images *x, struct image_entry *e)
{
	HASH_REMOVE(hh, x->entries, e);
	x->bytes -= weight(e);
	image_files_fini(&e->files);
	history_fini(&e->history);
	free(e);
}

void images_free(struct images *x)
{
	struct image_entry *e, *next;

	if (x == NULL)
		return;
	HASH_ITER(hh, x->entries, e, next)
		drop(x, e);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

void image_files_fini(struct image_files *files)
{
	blob_unref(files->image);
	blob_unref(files->text);
	*files = (struct image_files){0};
}

static struct image_files share(const struct image_files *files)
{
	struct image_files copy = *files;

	blob_ref(copy.image);
	blob_ref(copy.text);
	return copy;
}

static struct image_entry *find(struct images *x, row_t membership)
{
	struct image_entry *e;

	HASH_GET(hh, x->entries, &membership, sizeof(membership), e);
	return e;
}

static void append(struct images *x, struct image_entry *e)
{
	HASH_ADD(hh, x->entries, membership, sizeof(row_t), e);
}

bool images_get(struct images *x, row_t membership, uint64_t revision, struct image_files *out)
{
	struct image_entry *e;
	bool there;

	pthread_mutex_lock(&x->lock);
	e = find(x, membership);
	there = e != NULL && e->files.revision == revision;
	if (there) {
		HASH_REMOVE(hh, x->entries, e);
		append(x, e);
		*out = share(&e->files);
	}
	pthread_mutex_unlock(&x->lock);
	return there;
}

/* How one gets from the image of before to the new one; NULL: not in less than half of it. */
static struct blob *step_between(const struct blob *from, const struct blob *to)
{
	struct buf step;

	buf_init(&step);
	if (!delta_encode((struct delta_image){from->data, from->len},
			  (struct delta_image){to->data, to->len}, to->len / 2, &step))
		return NULL;
	return blob_new(&step);
}

/* What there is to make a step from. */
static struct image_files take_old(struct images *x, row_t membership)
{
	struct image_files old = {0};
	struct image_entry *e;

	pthread_mutex_lock(&x->lock);
	e = find(x, membership);
	if (e != NULL)
		old = share(&e->files);
	pthread_mutex_unlock(&x->lock);
	return old;
}

/* Those that nobody asked for go first, but the new one stays. */
static void trim(struct images *x, const struct image_entry *new)
{
	struct image_entry *e, *next;

	HASH_ITER(hh, x->entries, e, next) {
		if (x->bytes <= x->most || e == new)
			return;
		drop(x, e);
	}
}

/* In the place of an older one; takes the step, which starts from revision `base`. Somebody else
 * may have been faster, with this one or a later. */
static void put(struct images *x, row_t membership, const struct image_files *files, uint64_t base,
		struct blob *step)
{
	struct image_entry *e = find(x, membership), *new;

	if (e != NULL && e->files.revision >= files->revision) {
		blob_unref(step);
		return;
	}
	new = mem_alloc(sizeof(*new));
	new->membership = membership;
	new->files = share(files);
	if (e != NULL) {
		x->bytes -= e->history.bytes;
		new->history = e->history;
		e->history = (struct history){0};
		if (e->files.revision != base) {
			blob_unref(step);
			step = NULL;
		}
		drop(x, e);
		history_add(&new->history, base, step, files->image->len);
	} else {
		blob_unref(step);
	}
	append(x, new);
	x->bytes += weight(new);
	trim(x, new);
}

void images_render(struct images *x, const struct edition *e, size_t member,
		   struct image_files *out)
{
	row_t row = edition_membership(e, member)->row;
	struct image_files old = take_old(x, row);
	struct blob *step = NULL;
	struct buf image, text;

	buf_init(&image);
	buf_init(&text);
	edition_render(e, member, x->signing_key, &image, &text, &out->text_digest);
	out->revision = edition_revision(e, member);
	out->image = blob_new(&image);
	out->text = blob_new(&text);
	if (old.image != NULL && old.revision < out->revision)
		step = step_between(old.image, out->image);
	pthread_mutex_lock(&x->lock);
	put(x, row, out, old.revision, step);
	pthread_mutex_unlock(&x->lock);
	image_files_fini(&old);
}

struct blob *images_steps(struct images *x, row_t membership, uint64_t since, uint64_t revision)
{
	struct blob *steps = NULL;
	struct image_entry *e;

	pthread_mutex_lock(&x->lock);
	e = find(x, membership);
	if (e != NULL && e->files.revision == revision)
		steps = history_since(&e->history, since);
	pthread_mutex_unlock(&x->lock);
	return steps;
}

struct images_sizes images_measure(struct images *x)
{
	struct images_sizes sizes;

	pthread_mutex_lock(&x->lock);
	sizes = (struct images_sizes){HASH_COUNT(x->entries), x->bytes};
	pthread_mutex_unlock(&x->lock);
	return sizes;
}
