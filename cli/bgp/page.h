/* A page about one thing: headings, and fields whose text goes on below itself when it is longer
 * than the line. Text from outside is shown without control characters. */
#ifndef SKEIN_CLI_BGP_PAGE_H
#define SKEIN_CLI_BGP_PAGE_H

#include "cli/output.h"

/* Green for good, red for bad, bold; plain where there is no colour. */
enum page_tone { PAGE_PLAIN, PAGE_BOLD, PAGE_GOOD, PAGE_BAD };

const char *page_tone(const struct output *o, enum page_tone tone);
/* A line. */
void page_line(const struct output *o, enum page_tone tone, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "  label       text …". */
void page_field(const struct output *o, int indent, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
