#include "lib/net/nft.h"

#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_MAX 160

/* libnftables writes to standard output and error unless it is told to keep both. */
static struct nft_ctx *context_new(unsigned output_flags)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);

	if (ctx == NULL || nft_ctx_buffer_output(ctx) != 0 || nft_ctx_buffer_error(ctx) != 0) {
		fputs("out of memory\n", stderr);
		abort();
	}
	nft_ctx_output_set_flags(ctx, output_flags);
	return ctx;
}

/* The words of nft: its first line says what and where; the others draw an arrow to it. */
static int run_failed(struct nft_ctx *ctx, struct fault *f)
{
	const char *words = nft_ctx_get_error_buffer(ctx);
	int len = words != NULL ? (int)strcspn(words, "\n") : 0;
	int code = ERR_INVALID;

	if (len == 0)
		return fault_set(f, ERR_IO, "nftables does not say why");
	if (strstr(words, "No such file or directory") != NULL)
		code = ERR_NOT_FOUND;
	else if (strstr(words, "Operation not permitted") != NULL)
		code = ERR_PRIVILEGE;
	return fault_set(f, code, "nftables: %.*s", len, words);
}

static int run_script(const char *script, bool dry, struct fault *f)
{
	struct nft_ctx *ctx = context_new(0);
	int code = 0;

	nft_ctx_set_dry_run(ctx, dry);
	if (nft_run_cmd_from_buffer(ctx, script) != 0)
		code = run_failed(ctx, f);
	nft_ctx_free(ctx);
	return code;
}

int nft_apply(const char *script, struct fault *f)
{
	return run_script(script, false, f);
}

int nft_check(const char *script, struct fault *f)
{
	return run_script(script, true, f);
}

/* A word of the script language: what is formatted into a command must be one. */
static bool is_word(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-./");

	return len > 0 && len < 64 && text[len] == '\0';
}

static const unsigned format_flags[] = {
	[NFT_TEXT] = NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL,
	[NFT_TEXT_FULL] = NFT_CTX_OUTPUT_NUMERIC_ALL,
	[NFT_JSON] = NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL,
	[NFT_JSON_TERSE] = NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_TERSE,
};

static int list(const char *command, enum nft_format format, struct buf *out, struct fault *f)
{
	struct nft_ctx *ctx = context_new(format_flags[format]);
	int code = 0;

	if (nft_run_cmd_from_buffer(ctx, command) != 0)
		code = run_failed(ctx, f);
	else
		buf_puts(out, nft_ctx_get_output_buffer(ctx));
	nft_ctx_free(ctx);
	return code;
}

int nft_list_table(const char *family, const char *table, enum nft_format format, struct buf *out,
		   struct fault *f)
{
	char command[COMMAND_MAX];

	if (!is_word(family) || !is_word(table))
		return fault_set(f, ERR_INVALID, "no table '%.20s %.60s'", family, table);
	snprintf(command, sizeof(command), "list table %s %s", family, table);
	return list(command, format, out, f);
}

int nft_list_chains(struct buf *out, struct fault *f)
{
	return list("list chains", NFT_JSON_TERSE, out, f);
}

/* What packets put into dynamic sets is nobody's change: that line goes. */
static void drop_dynamic(char *text)
{
	static const char flags[] = "flags dynamic\n", elements[] = "\t\telements = {";
	char *at = text;

	while ((at = strstr(at, flags)) != NULL) {
		char *end;

		at += sizeof(flags) - 1;
		end = strncmp(at, elements, sizeof(elements) - 1) == 0 ? strstr(at, "}\n") : NULL;
		if (end != NULL)
			memmove(at, end + 2, strlen(end + 2) + 1);
	}
}

int nft_table_digest(const char *family, const char *table, struct digest *out, struct fault *f)
{
	struct buf text;
	int code;

	buf_init(&text);
	code = nft_list_table(family, table, NFT_TEXT, &text, f);
	if (code == 0) {
		drop_dynamic((char *)text.data);
		digest_of(buf_text(&text), strlen(buf_text(&text)), out);
	}
	buf_fini(&text);
	return code;
}

int nft_table_exists(const char *family, const char *table, struct fault *f)
{
	struct buf text;
	int code;

	buf_init(&text);
	code = nft_list_table(family, table, NFT_TEXT, &text, f);
	buf_fini(&text);
	return code;
}
