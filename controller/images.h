/* Members' images and BIRD texts, rendered when somebody asks for them, and kept while there is
 * room: those asked for last. Of a member whose image of before is still there the steps to the new
 * one are known, too. From any thread; but to render is not for the HTTP thread. */
#ifndef SKEIN_CONTROLLER_IMAGES_H
#define SKEIN_CONTROLLER_IMAGES_H

#include "controller/edition.h"

struct images;

/* Borrows the key. At most so many bytes are kept, but always the last one that was rendered. */
struct images *images_new(const uint8_t signing_key[64], size_t bytes);
void images_free(struct images *x); /* accepts NULL */

struct image_files {
	uint64_t revision;
	struct digest text_digest;
	struct blob *image, *text;
};

/* What is there of this very revision; false: to be rendered. Caller image_files_fini()s. */
bool images_get(struct images *x, row_t membership, uint64_t revision, struct image_files *out);
/* Renders the member's, and keeps it. */
void images_render(struct images *x, const struct edition *e, size_t member,
		   struct image_files *out);
void image_files_fini(struct image_files *files);
/* The steps from one revision of an image to a later one, which is there. Caller blob_unref()s.
 * NULL: not known. */
struct blob *images_steps(struct images *x, row_t membership, uint64_t since, uint64_t revision);

struct images_sizes {
	size_t n, bytes;
};
struct images_sizes images_measure(struct images *x);

#endif
