/* The status for people. It reads the same document that `--json` prints. */
#include <string.h>

#include "agent/status/status.h"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "-";
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *age(const json_t *peer, char out[32])
{
	const json_t *a = json_object_get(peer, "handshake_age");
	long long s = (long long)json_integer_value(a);

	if (!json_is_integer(a))
		return "never";
	if (s < 120)
		snprintf(out, 32, "%lld s", s);
	else if (s < 7200)
		snprintf(out, 32, "%lld min", s / 60);
	else
		snprintf(out, 32, "%lld h", s / 3600);
	return out;
}

/* ", 1.24 ms, 3 % lost", as far as it was measured. */
static const char *measured(const json_t *peer, char out[48])
{
	const json_t *us = json_object_get(peer, "latency_us");
	long long loss = number(peer, "loss_percent");
	int n = 0;

	out[0] = '\0';
	if (json_is_integer(us))
		n = snprintf(out, 48, ", %.2f ms", (double)json_integer_value(us) / 1000);
	if (loss > 0)
		snprintf(out + n, 48 - (size_t)n, ", %lld %% lost", loss);
	return out;
}

static void show_devices(const json_t *m, FILE *to)
{
	json_t *devices = json_object_get(m, "devices"), *d, *peers, *p;
	char buffer[32], latency[48];
	size_t i, k;

	for (i = 0; (d = json_array_get(devices, i)) != NULL; i++) {
		fprintf(to, "  %-10s %s, UDP %lld, MTU %lld\n", text(d, "name"),
			json_is_true(json_object_get(d, "up")) ? "up" : "down", number(d, "port"),
			number(d, "mtu"));
		if (json_is_string(json_object_get(d, "port_taken_by")))
			fprintf(to, "    its own port is taken by %s\n", text(d, "port_taken_by"));
		peers = json_object_get(d, "peers");
		for (k = 0; (p = json_array_get(peers, k)) != NULL; k++)
			fprintf(to, "    %-20s %-16s %-22s handshake %s%s%s\n", text(p, "name"),
				text(p, "address"), text(p, "endpoint"), age(p, buffer),
				measured(p, latency),
				json_is_true(json_object_get(p, "next_key")) ? " (its next key)"
									     : "");
	}
}

static void show_moving(const json_t *m, FILE *to)
{
	json_t *list = json_object_get(m, "moving"), *p;
	size_t i;

	for (i = 0; (p = json_array_get(list, i)) != NULL; i++)
		fprintf(to, "  moving: %s %s, from slot %lld to %lld: %s\n", text(p, "name"),
			text(p, "address"), number(p, "from_slot"), number(p, "to_slot"),
			text(p, "phase"));
}

static void show_session(const json_t *s, FILE *to)
{
	fprintf(to, "    %-8s %-20s %-15s AS%-10lld %-11s since %.19s\n", text(s, "name"),
		text(s, "description"), text(s, "neighbour"), number(s, "as"), text(s, "state"),
		text(s, "since"));
	if (json_is_integer(json_object_get(s, "held_s")))
		fprintf(to, "             was lost: after others for %lld s more\n",
			number(s, "held_s"));
	else if (json_is_true(json_object_get(s, "held")))
		fprintf(to, "             lost: after others when it is back, until stable\n");
}

static void show_bird(const json_t *m, FILE *to)
{
	json_t *bird = json_object_get(m, "bird"), *list, *s;
	size_t i;

	fprintf(to, "  bird %s (pid %lld)\n", text(bird, "state"), number(bird, "pid"));
	if (json_is_string(json_object_get(bird, "refused")))
		fprintf(to, "    refused: %s\n", text(bird, "refused"));
	list = json_object_get(bird, "sessions");
	for (i = 0; (s = json_array_get(list, i)) != NULL; i++)
		show_session(s, to);
}

static void show_approved(const json_t *p, FILE *to)
{
	const char *part =
		json_is_true(json_object_get(p, "part")) ? ", a part, for a peering" : "";
	const json_t *devices = json_object_get(p, "devices"), *device;
	size_t i;

	if (json_array_size(devices) == 0) {
		fprintf(to, "  does not announce %s%s: this machine has no route to it\n",
			text(p, "prefix"), part);
		return;
	}
	if (!json_is_true(json_object_get(p, "announced"))) {
		fprintf(to, "  does not announce %s%s: its health check says: %s\n",
			text(p, "prefix"), part, text(json_object_get(p, "check"), "error"));
		return;
	}
	fprintf(to, "  announces %s (", text(p, "prefix"));
	json_array_foreach(devices, i, device) {
		fprintf(to, "%s%s", i > 0 ? ", " : "", json_string_value(device));
	}
	fprintf(to, ")%s%s%s\n", part,
		json_is_true(json_object_get(p, "held"))
			? ", after other machines until it has been stable"
			: "",
		json_is_true(json_object_get(p, "translated")) ? ", translated" : "");
}

static void show_shadow(const json_t *s, FILE *to)
{
	fprintf(to, "  shadowed: %s, for ", text(s, "prefix"));
	if (json_is_string(json_object_get(s, "mesh")))
		fprintf(to, "%s of mesh %s comes first\n", text(s, "by"), text(s, "mesh"));
	else
		fprintf(to, "this machine is connected to %s (%s)\n", text(s, "by"),
			text(s, "device"));
}

static void show_prefixes(const json_t *m, FILE *to)
{
	json_t *list = json_object_get(m, "approved"), *p;
	size_t i;

	for (i = 0; (p = json_array_get(list, i)) != NULL; i++)
		show_approved(p, to);
	list = json_object_get(m, "shadowed");
	for (i = 0; (p = json_array_get(list, i)) != NULL; i++)
		show_shadow(p, to);
}

static void show_offences(const json_t *m, FILE *to)
{
	json_t *list = json_object_get(m, "offences"), *x;
	size_t i;

	for (i = 0; (x = json_array_get(list, i)) != NULL; i++) {
		bool refused = strcmp(text(x, "kind"), "unwatched") != 0;

		fprintf(to, "  %s: %s (%s) %s", refused ? "refused" : "careful", text(x, "machine"),
			text(x, "address"), text(x, "text"));
		if (number(x, "routes") > 0)
			fprintf(to, ": %lld routes", number(x, "routes"));
		fprintf(to, "\n");
	}
}

static void show_membership(const json_t *m, FILE *to)
{
	bool known = json_object_get(m, "mesh") != NULL;

	if (known)
		fprintf(to, "\nmesh %s  %s in %s  %s  AS%lld  %s\n", text(m, "mesh"),
			text(m, "address"), text(m, "cidr"), text(m, "role"), number(m, "asn"),
			text(m, "state"));
	else
		fprintf(to, "\nmembership %s  %s\n", text(m, "id"), text(m, "state"));
	if (json_is_string(json_object_get(m, "error")))
		fprintf(to, "  error: %s\n", text(m, "error"));
	if (strcmp(text(m, "key_rotation"), "none") != 0)
		fprintf(to, "  its key is rotated: %s\n", text(m, "key_rotation"));
	if (!known)
		return;
	if (json_is_true(json_object_get(m, "drained")))
		fprintf(to, "  drained: what others can carry goes by them\n");
	show_devices(m, to);
	show_moving(m, to);
	show_bird(m, to);
	show_offences(m, to);
	show_prefixes(m, to);
}

static void show_drops(const char *title, const json_t *list, const char *skip, FILE *to)
{
	bool any = false;
	json_t *r;
	size_t i;

	for (i = 0; (r = json_array_get(list, i)) != NULL; i++) {
		const char *packets = text(r, "packets");

		if (strcmp(packets, "0") == 0 || strcmp(text(r, "reason"), skip) == 0)
			continue;
		if (!any)
			fprintf(to, "\n%s dropped\n", title);
		any = true;
		fprintf(to, "  %10s  %-18s %s\n", packets, text(r, "reason"), text(r, "text"));
	}
}

static void show_filter(const json_t *filter, FILE *to)
{
	json_t *opened = json_object_get(filter, "opened"), *o;
	json_t *bars = json_object_get(filter, "in_the_way");
	size_t i;

	if (json_array_size(opened) + json_array_size(bars) > 0)
		fprintf(to, "\nthe machine's own filter\n");
	for (i = 0; (o = json_array_get(opened, i)) != NULL; i++)
		fprintf(to, "  opened in %s: %s\n", text(o, "place"), text(o, "rule"));
	for (i = 0; (o = json_array_get(bars, i)) != NULL; i++)
		fprintf(to, "  in the way of mesh %s:\n    %s\n    to open it: %s\n",
			text(o, "mesh"), text(o, "text"), text(o, "advice"));
}

void status_screen(const json_t *s, FILE *to)
{
	json_t *controller = json_object_get(s, "controller"), *list, *m;
	size_t i;

	fprintf(to, "machine %s\n", text(json_object_get(s, "machine"), "name"));
	fprintf(to, "controller %s, last answer %s\n",
		json_is_true(json_object_get(controller, "connected")) ? "reachable"
								       : "not reachable",
		text(controller, "answered_at"));
	if (json_is_string(json_object_get(controller, "error")))
		fprintf(to, "  %s\n", text(controller, "error"));
	if (json_is_string(json_object_get(s, "error")))
		fprintf(to, "error: %s\n", text(s, "error"));
	list = json_object_get(s, "memberships");
	for (i = 0; (m = json_array_get(list, i)) != NULL; i++)
		show_membership(m, to);
	if (json_array_size(list) == 0)
		fprintf(to, "\nno membership\n");
	show_filter(json_object_get(s, "filter"), to);
	show_drops("guard", json_object_get(s, "guard"), "passed", to);
	show_drops("fence", json_object_get(s, "fence"), "", to);
}
