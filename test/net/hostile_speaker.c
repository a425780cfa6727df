/* What is no BGP, too much of it, and sessions that come and go: the attacker speaks by hand
 * (speaker.h). His own session may end of it; nobody else's session, route or packet does. */
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "test/net/hostile_effects.h"
#include "test/net/hostile_world.h"
#include "test/net/speaker.h"
#include "test/test.h"

#define ATTEMPTS   3
#define BGP_PORT   179
#define CONNECT_MS 2000
#define ANSWER_MS  4000
#define TAKEN_MS   10000
#define SHORT_STEP 3	/* of the rows, one in so many, where there is no time for all */
#define FLAP_RATE  100	/* a second, at least */
#define MASS_MIN   1000 /* updates that must have arrived */

/* As the configuration of red would have him say it: AS 4200000001 by its capability, hold time 30,
 * router id 10.120.0.3, IPv4 unicast. */
#define CAPABILITIES "02 0c 0104 0001 0001 4104 fa56ea01"
#define OPEN	     "04 5ba0 001e 0a780003 0e " CAPABILITIES
#define RED_AS	     4200000001U

/* Attributes of a good UPDATE, and his own address, which is the only one that he may announce. */
#define ORIGIN	   "40010100"
#define AS_PATH	   "400200"
#define NEXT_HOP   "4003040a780003"
#define LOCAL_PREF "40050400000064"
#define OWN	   "200a780003"
#define JUNK	   "18ac141f" /* 172.20.31.0/24 */

enum when { INSTEAD_OF_OPEN, ESTABLISHED };

/* The bytes that he sends, and what is to come of it: a NOTIFICATION of that code, or, with code 0,
 * nothing: the session stays, for RFC 7606 has such an UPDATE taken as a withdrawal. `raw`: header
 * and all; else a message of that type. */
struct nonsense {
	const char *what;
	enum when when;
	uint8_t type; /* 0: raw */
	const char *hex;
	uint8_t code, subcode; /* subcode 0: any */
};

#define MARKER "ffffffff ffffffff ffffffff ffffffff "

/* clang-format off */
static const struct nonsense rows[] = {
	{"a bad marker", INSTEAD_OF_OPEN, 0,
	 "ffffffff ffffffff ffffffff fffffffe 0013 04", 1, 1},
	{"a length below the header's", INSTEAD_OF_OPEN, 0, MARKER "0012 01", 1, 2},
	{"a length beyond 4096", INSTEAD_OF_OPEN, 0, MARKER "1001 01", 1, 2},
	{"a length of 65535", INSTEAD_OF_OPEN, 0, MARKER "ffff 01", 1, 2},
	{"an unknown type", INSTEAD_OF_OPEN, 9, "", 1, 3},
	{"type 0", INSTEAD_OF_OPEN, 0, MARKER "0013 00", 1, 3},
	{"a KEEPALIVE instead of an OPEN", INSTEAD_OF_OPEN, SPEAKER_KEEPALIVE, "", 5, 0},
	{"an UPDATE instead of an OPEN", INSTEAD_OF_OPEN, SPEAKER_UPDATE, "00000000", 5, 0},
	{"an OPEN of version 3", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "03 5ba0 001e 0a780003 0e " CAPABILITIES, 2, 1},
	{"an OPEN of another AS", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 0a780003 0e 02 0c 0104 0001 0001 4104 fa56ea02", 2, 2},
	{"an OPEN with a hold time of 1 s", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 0001 0a780003 0e " CAPABILITIES, 2, 6},
	{"an OPEN with identifier 0", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 00000000 0e " CAPABILITIES, 2, 3},
	{"an OPEN with the gateway's own identifier", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 0a780004 0e " CAPABILITIES, 2, 3},
	{"an OPEN whose parameters are longer than it", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 0a780003 ff " CAPABILITIES, 2, 0},
	{"an OPEN whose parameter is longer than all of them", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 0a780003 0e 02 ff 0104 0001 0001 4104 fa56ea01", 2, 0},
	{"an OPEN whose capability is longer than its parameter", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 0a780003 0e 02 0c 01ff 0001 0001 4104 fa56ea01", 2, 0},
	{"an OPEN that ends in its identifier", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 0a78", 1, 2},
	{"an OPEN with a parameter that nobody knows", INSTEAD_OF_OPEN, SPEAKER_OPEN,
	 "04 5ba0 001e 0a780003 04 630201ff", 2, 4},

	{"a second OPEN", ESTABLISHED, SPEAKER_OPEN, OPEN, 5, 0},
	{"a KEEPALIVE with a body", ESTABLISHED, SPEAKER_KEEPALIVE, "00", 0, 0},
	{"an UPDATE of no length", ESTABLISHED, SPEAKER_UPDATE, "", 1, 2},
	{"withdrawals longer than the UPDATE", ESTABLISHED, SPEAKER_UPDATE, "00ff 0000", 3, 1},
	{"attributes longer than the UPDATE", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 00ff " ORIGIN, 3, 1},
	{"an attribute longer than all of them", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0004 4001ff00 " JUNK, 0, 0},
	{"an attribute of 65535 bytes", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0005 5001ffff00 " JUNK, 0, 0},
	{"a prefix of 33 bits", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0015 " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF "210a78000380", 3, 0},
	{"a prefix that ends early", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0015 " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF "200a78", 3, 0},
	{"a withdrawn prefix of 255 bits", ESTABLISHED, SPEAKER_UPDATE,
	 "0005 ff0a780003 0000", 3, 0},
	{"a well-known attribute that nobody knows", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0019 " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF "40630100 " JUNK, 0, 0},
	{"reachable prefixes that end early", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 001a " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF "800e020001", 3, 0},
	{"reachable prefixes twice", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0019 800e0900010104 0a780003 00 800e0900010104 0a780003 00 00", 3, 1},

	{"an ORIGIN that is none", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0015 40010109" AS_PATH NEXT_HOP LOCAL_PREF JUNK, 0, 0},
	{"an ORIGIN with the flags of another", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0015 80010100" AS_PATH NEXT_HOP LOCAL_PREF JUNK, 0, 0},
	{"two ORIGINs", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0019 " ORIGIN ORIGIN AS_PATH NEXT_HOP LOCAL_PREF JUNK, 0, 0},
	{"an AS path whose segment is longer than it", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 001b " ORIGIN "400206 02ff fa56ea02" NEXT_HOP LOCAL_PREF JUNK, 0, 0},
	{"an AS path with a segment of no kind", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 001b " ORIGIN "400206 0901 fa56ea02" NEXT_HOP LOCAL_PREF JUNK, 0, 0},
	{"a next hop of three bytes", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0014 " ORIGIN AS_PATH "4003030a7800" LOCAL_PREF JUNK, 0, 0},
	{"no next hop", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 000e " ORIGIN AS_PATH LOCAL_PREF JUNK, 0, 0},
	{"a community of three bytes", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 001b " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF "c00803000000" JUNK, 0, 0},
	{"a cluster list of three bytes", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 001b " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF "800a03000000" JUNK, 0, 0},
	{"an aggregator of one byte", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0019 " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF "c0070100" JUNK, 0, 0},
	{"an address family that nobody knows", ESTABLISHED, SPEAKER_UPDATE,
	 "0000 0010 " ORIGIN "800e09 4004 01 04 0a780003 00", 0, 0},
	{"a refresh of a family that nobody knows", ESTABLISHED, 5, "40040001", 0, 0},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static int64_t how_long(void)
{
	return hostile_is_full() ? 10000 : 2000;
}

/* What an UPDATE may be at most, and an AS path that fills it. */
#define GIANT_SEGMENTS 3
#define GIANT_SEGMENT  255

/* ---- his end ---- */

static struct place here;

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		char pair[3] = {hex[0], hex[1], '\0'};

		if (*hex == ' ')
			continue;
		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
		hex++;
	}
	return n;
}

static int call_gateway(const char *address, struct speaker *s, struct fault *f)
{
	struct speaker_way way = {.at = &here, .port = BGP_PORT};

	lab_place(hostile_lab(), HOSTILE_ATTACKER, &here);
	address_parse(R3, &way.from, NULL);
	address_parse(address, &way.to, NULL);
	return speaker_connect(s, &way, CONNECT_MS, f);
}

static bool begin_session(struct speaker *s)
{
	uint8_t open[SPEAKER_MESSAGE_MAX];
	struct speaker_heard heard;

	return speaker_establish(s, open, from_hex(OPEN, open), ANSWER_MS, &heard);
}

/* BIRD waits longer after each mistake: by hand it begins at once. */
static void reset_session(struct fault *f)
{
	static const char anew[] = "birdc -s \"$1\" disable " HOSTILE_SESSION
				   " && birdc -s \"$1\" enable " HOSTILE_SESSION;

	effects_ask_bird("g1", "red", anew, NULL, f);
	effects_ask_bird("g2", "red", anew, NULL, f);
}

/* A connection that BIRD takes: while it begins its session anew it refuses, or, once it has given
 * up its own, it takes it. */
static bool reach_bird(struct speaker *s, enum when when)
{
	struct mono deadline = mono_add_ms(mono_now(), ANSWER_MS);
	struct speaker_heard heard;
	struct fault f = {0};

	while (!mono_reached(deadline, mono_now())) {
		if (call_gateway(G1, s, &f) == 0 &&
		    (when == ESTABLISHED
			     ? begin_session(s)
			     : speaker_hear(s, ANSWER_MS, &heard) && heard.type == SPEAKER_OPEN))
			return true;
		speaker_close(s, false);
	}
	return false;
}

/* ---- nonsense ---- */

static size_t make(const struct nonsense *row, uint8_t out[SPEAKER_MESSAGE_MAX])
{
	uint8_t body[SPEAKER_MESSAGE_MAX];
	size_t len = from_hex(row->hex, body);

	if (row->type != 0)
		return speaker_put(out, row->type, body, len);
	memcpy(out, body, len);
	return len;
}

/* Until a NOTIFICATION or the end; what else there is, is the gateway's routes. */
static bool await_end(struct speaker *s, struct speaker_heard *heard)
{
	struct mono deadline = mono_add_ms(mono_now(), ANSWER_MS);

	while (speaker_hear(s, mono_ms_between(mono_now(), deadline), heard))
		if (heard->type == 0 || heard->type == SPEAKER_NOTIFICATION)
			return true;
	return false;
}

/* The session works: the gateway takes his address back. */
static void check_session_works(const char *what, struct speaker *s)
{
	static const char good[] = "0000 0015 " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF OWN;
	uint8_t body[SPEAKER_MESSAGE_MAX], message[SPEAKER_MESSAGE_MAX];

	if (!speaker_send(s, message,
			  speaker_put(message, SPEAKER_UPDATE, body, from_hex(good, body))))
		TEST_FAIL("%s: it ended the session", what);
	else if (!effects_await_text("g1",
				     "birdc -r -s \"$1\" show route protocol " HOSTILE_SESSION,
				     R3 "/32", false))
		TEST_FAIL("%s: nothing is heard any more", what);
}

static void say(const struct nonsense *row, struct speaker *s)
{
	uint8_t message[SPEAKER_MESSAGE_MAX];
	struct speaker_heard heard;

	if (!speaker_send(s, message, make(row, message)))
		TEST_FAIL("%s: could not be said", row->what);
	else if (row->code == 0)
		check_session_works(row->what, s);
	else if (!await_end(s, &heard))
		TEST_FAIL("%s: nothing came of it", row->what);
	else if (heard.type != SPEAKER_NOTIFICATION || heard.code != row->code ||
		 (row->subcode != 0 && heard.subcode != row->subcode))
		TEST_FAIL("%s: %s %u/%u, want %u/%u", row->what,
			  heard.type == 0 ? "an end," : "a notification of", heard.code,
			  heard.subcode, row->code, row->subcode);
	else
		CU_PASS("refused");
}

/* Well formed, as long as may be, and not his: it is heard, and filtered. */
static void say_giant_path(struct speaker *s)
{
	static const uint8_t head[] = {0x40, 1, 1, 0, 0x40, 3, 4, 10, 120, 0, 3};
	uint8_t body[SPEAKER_MESSAGE_MAX], message[SPEAKER_MESSAGE_MAX];
	const size_t path = GIANT_SEGMENTS * (2 + 4 * GIANT_SEGMENT);
	size_t attributes = sizeof(head) + 4 + path, n = 0;

	body[n++] = 0;
	body[n++] = 0;
	body[n++] = (uint8_t)(attributes >> 8);
	body[n++] = (uint8_t)attributes;
	memcpy(body + n, head, sizeof(head));
	n += sizeof(head);
	n += from_hex("5002", body + n);
	body[n++] = (uint8_t)(path >> 8);
	body[n++] = (uint8_t)path;
	for (int i = 0; i < GIANT_SEGMENTS; i++) {
		body[n++] = 2;
		body[n++] = GIANT_SEGMENT;
		for (int k = 0; k < GIANT_SEGMENT; k++)
			n += from_hex("fa56ea02", body + n);
	}
	n += from_hex(OWN, body + n);
	if (!speaker_send(s, message, speaker_put(message, SPEAKER_UPDATE, body, n)))
		TEST_FAIL("a giant path could not be said");
	effects_await_text("g1", "birdc -r -s \"$1\" show route filtered protocol " HOSTILE_SESSION,
			   R3 "/32", false);
	check_session_works("a giant path", s);
}

static void run_row(const struct nonsense *row, struct fault *f)
{
	struct speaker s;

	reset_session(f);
	if (!reach_bird(&s, row->when))
		TEST_FAIL("%s: BIRD takes no session: %s", row->what, f->text);
	else
		say(row, &s);
	speaker_close(&s, false);
}

static void run_rows(struct fault *f)
{
	struct speaker s;

	for (size_t i = 0; i < ROWS && f->code == 0; i += hostile_is_full() ? 1 : SHORT_STEP)
		run_row(&rows[i], f);
	reset_session(f);
	if (!reach_bird(&s, ESTABLISHED))
		TEST_FAIL("a giant path: BIRD takes no session");
	else
		say_giant_path(&s);
	speaker_close(&s, false);
}

/* ---- what others notice of it ---- */

/* What an attack does, it does again; what a stalled computer does, it need not. */
static void attack(const char *what, void (*run)(struct fault *f))
{
	static const char silence[] = "[ ! -S " HOSTILE_BIRD " ] || birdc -s " HOSTILE_BIRD " down";
	char difference[128] = "";
	struct fault f = {0};
	bool stayed = false;

	if (hostile_seize(&f) != 0 || hostile_shell(HOSTILE_ATTACKER, silence, NULL, NULL, &f) != 0)
		TEST_FAIL("%s: %s", what, f.text);
	for (int i = 0; i < ATTEMPTS && !stayed && f.code == 0; i++) {
		struct effects_flows flows;
		struct buf sessions;

		buf_init(&sessions);
		effects_await_sessions(&sessions);
		if (effects_begin_flows(&flows, &f) == 0)
			run(&f);
		stayed = effects_end_flows(&flows, difference) &&
			 effects_sessions_stayed(&sessions, difference);
		buf_fini(&sessions);
	}
	if (f.code != 0 || !stayed)
		TEST_FAIL("%s: each time: %s %s", what, difference, f.text);
}

void hostile_nonsense_ends_its_own_session_only(void)
{
	TEST_NUMBER(hostile_member(HOSTILE_ATTACKER, NULL)->asn, RED_AS);
	attack("nonsense", run_rows);
	effects_await_named("malformed", HOSTILE_ATTACKER " sends what is no BGP");
}

/* ---- updates in masses ---- */

static uint64_t updates_heard(struct fault *f)
{
	static const char count[] = "birdc -r -s \"$1\" show protocols all " HOSTILE_SESSION
				    " | awk '/Import (updates|withdraws)/ { n += $3 }"
				    " END { print n + 0 }'";
	struct buf out;
	uint64_t n;

	buf_init(&out);
	effects_ask_bird("g1", "red", count, &out, f);
	n = strtoull(buf_text(&out), NULL, 10);
	buf_fini(&out);
	return n;
}

/* His own address, announced and withdrawn, and a prefix that is not his, as fast as it goes. */
static unsigned send_masses(struct speaker *s)
{
	static const char announce[] = "0000 0015 " ORIGIN AS_PATH NEXT_HOP LOCAL_PREF OWN JUNK;
	static const char withdraw[] = "0009 " OWN JUNK "0000";
	struct mono deadline = mono_add_ms(mono_now(), how_long());
	uint8_t body[SPEAKER_MESSAGE_MAX], pair[2 * SPEAKER_MESSAGE_MAX];
	size_t len = speaker_put(pair, SPEAKER_UPDATE, body, from_hex(announce, body));
	unsigned n = 0;

	len += speaker_put(pair + len, SPEAKER_UPDATE, body, from_hex(withdraw, body));
	while (!mono_reached(deadline, mono_now()) && speaker_send(s, pair, len))
		n += 2;
	return n;
}

static void run_masses(struct fault *f)
{
	struct mono deadline;
	struct speaker s;
	unsigned sent;
	uint64_t heard;

	reset_session(f);
	if (!reach_bird(&s, ESTABLISHED)) {
		TEST_FAIL("BIRD takes no session");
		return;
	}
	sent = send_masses(&s);
	deadline = mono_add_ms(mono_now(), TAKEN_MS);
	while ((heard = updates_heard(f)) < MASS_MIN && !mono_reached(deadline, mono_now()))
		;
	if (sent < MASS_MIN || heard < MASS_MIN)
		TEST_FAIL("%u updates were sent, %u heard", sent, (unsigned)heard);
	speaker_close(&s, true);
	reset_session(f);
	if (reach_bird(&s, ESTABLISHED))
		check_session_works("updates in masses", &s);
	else
		TEST_FAIL("BIRD takes no session after them");
	speaker_close(&s, false);
}

void hostile_updates_in_masses_are_borne(void)
{
	attack("updates in masses", run_masses);
}

/* ---- sessions that come and go ---- */

/* At both gateways in turn: an OPEN as soon as he is connected, and away, before anybody can say
 * that he is not wanted yet. */
static unsigned flap(unsigned *taken)
{
	static const char *const gateways[] = {G1, G2};
	struct mono deadline = mono_add_ms(mono_now(), how_long());
	uint8_t body[SPEAKER_MESSAGE_MAX], message[SPEAKER_MESSAGE_MAX];
	size_t len = speaker_put(message, SPEAKER_OPEN, body, from_hex(OPEN, body));
	unsigned n = 0;

	while (!mono_reached(deadline, mono_now())) {
		struct speaker_heard heard;
		struct fault f = {0};
		struct speaker s;

		if (call_gateway(gateways[n++ % 2], &s, &f) == 0 && speaker_send(&s, message, len))
			*taken += speaker_hear(&s, 1, &heard) && heard.type == SPEAKER_OPEN;
		speaker_close(&s, true);
	}
	return n;
}

static void run_flaps(struct fault *f)
{
	unsigned taken = 0, n;
	struct speaker s;

	reset_session(f);
	if (!reach_bird(&s, ESTABLISHED))
		TEST_FAIL("BIRD takes no session");
	speaker_close(&s, true);
	reset_session(f);
	n = flap(&taken);
	if (n < FLAP_RATE * how_long() / 1000 || taken == 0)
		TEST_FAIL("%u connections, of which BIRD took %u", n, taken);
}

void hostile_flapping_is_borne(void)
{
	attack("flapping", run_flaps);
}
