#include <stdio.h>
#include <string.h>

#include "lib/net/wg_backend.h"
#include "test/test.h"

#define KEY_HEX "77076d0a7318a57d3c16c17251b26645c6df6edf1c1a5e0c4f8f4d5a2a2b2a2a"
#define ZEROS	"0000000000000000000000000000000000000000000000000000000000000000"

/* Feeds a text line by line; the first error, or 0. */
static int feed(struct wg_uapi_answer *a, const char *text, struct fault *f)
{
	char copy[4096], *rest = copy, *line;
	int code = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while (code == 0 && (line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			code = wg_uapi_parse_line(a, line, f);
	return code;
}

static void a_device_is_read(void)
{
	static const char text[] = "private_key=" KEY_HEX "\nlisten_port=51820\nfwmark=21248\n"
				   "public_key=" KEY_HEX "\npreshared_key=" ZEROS "\n"
				   "protocol_version=1\nendpoint=192.0.2.1:51884\n"
				   "last_handshake_time_sec=1700000000\n"
				   "last_handshake_time_nsec=250000000\n"
				   "tx_bytes=18446744073709551615\nrx_bytes=7\n"
				   "persistent_keepalive_interval=25\n"
				   "allowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"
				   "public_key=" ZEROS "\nendpoint=[fe80::1%eth0]:1\n"
				   "something_new=1\nerrno=0\n\n";
	struct wg_device d = {0};
	struct wg_uapi_answer a = {.device = &d};
	struct fault f = {0};
	char address[ADDRESS_TEXT_MAX];

	TEST_NUMBER(feed(&a, text, &f), 0);
	CU_ASSERT(a.complete && a.errnum == 0 && d.has_private_key);
	TEST_NUMBER(d.listen_port, 51820);
	TEST_NUMBER(d.fwmark, 0x5300);
	TEST_MUST(d.peers.n == 2);
	TEST_NUMBER(d.peers.at[0].endpoint.port, 51884);
	TEST_NUMBER(d.peers.at[0].last_handshake.ms, 1700000000250);
	CU_ASSERT(d.peers.at[0].tx_bytes == UINT64_MAX);
	TEST_NUMBER(d.peers.at[0].keepalive, 25);
	TEST_NUMBER(d.peers.at[0].nallowed, 2);
	TEST_TEXT(address_format(&d.peers.at[1].endpoint.address, address), "fe80::1");
	wg_device_fini(&d);
}

static void no_key_is_no_key(void)
{
	struct wg_device d = {0};
	struct wg_uapi_answer a = {.device = &d};

	TEST_NUMBER(feed(&a, "private_key=" ZEROS "\nerrno=-98\n", NULL), 0);
	CU_ASSERT(!d.has_private_key && a.complete);
	TEST_NUMBER(a.errnum, 98);
}

static void wrong_lines_are_refused_and_not_quoted(void)
{
	static const char *const rows[] = {
		"nonsense",
		"private_key=" KEY_HEX "aa",
		"private_key=" KEY_HEX " ",
		"private_key=x" KEY_HEX,
		"listen_port=65536",
		"listen_port=",
		"listen_port=-1",
		"fwmark=4294967296",
		"endpoint=1.2.3.4:1",
		"allowed_ip=10.0.0.0/8",
		"public_key=77",
		"public_key=" KEY_HEX "\nendpoint=1.2.3.4",
		"public_key=" KEY_HEX "\nendpoint=1.2.3.4:65536",
		"public_key=" KEY_HEX "\nendpoint=[:1",
		"public_key=" KEY_HEX "\nendpoint=:1",
		"public_key=" KEY_HEX "\nallowed_ip=10.0.0.1/8",
		"public_key=" KEY_HEX "\nrx_bytes=18446744073709551616",
		"public_key=" KEY_HEX "\nlast_handshake_time_sec=9223372036854775807",
		"errno=x",
		"errno=99999",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wg_device d = {0};
		struct wg_uapi_answer a = {.device = &d};
		struct fault f = {0};

		if (feed(&a, rows[i], &f) != ERR_INVALID)
			TEST_FAIL("'%s' was taken", rows[i]);
		if (strstr(f.text, "77076d0a") != NULL)
			TEST_FAIL("'%s' is quoted: %s", rows[i], f.text);
		wg_device_fini(&d);
	}
}

static void keys(void)
{
	/* RFC 7748, section 6.1. */
	static const struct secret private_key = {{0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
						   0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
						   0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
						   0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a}};
	static const char *const bad[] = {"",
					  "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo",
					  "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo==",
					  "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp=",
					  "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066Spjqqb mo=",
					  "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo="};
	struct wg_key public_key, parsed;
	struct secret made;
	char text[WG_KEY_TEXT_MAX];

	wg_public_key(&private_key, &public_key);
	TEST_TEXT(wg_key_format(&public_key, text), "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=");
	CU_ASSERT(wg_key_parse(text, &parsed) && wg_key_compare(&parsed, &public_key) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (wg_key_parse(bad[i], &parsed))
			TEST_FAIL("'%s' was taken", bad[i]);
	wg_private_key_generate(&made);
	CU_ASSERT((made.bytes[0] & 7) == 0 && (made.bytes[31] & 0xc0) == 0x40);
}

TEST_SUITE(net_wg_uapi, {"a device is read", a_device_is_read},
	   {"no key is no key", no_key_is_no_key},
	   {"wrong lines are refused and not quoted", wrong_lines_are_refused_and_not_quoted},
	   {"keys", keys});
