#include "lab/demo.h"

#include <string.h>

#include "lab/reach.h"

int demo_choose(const struct lab_file *file, struct demo_cast *out, struct fault *f)
{
	const struct lab_peering *peering = file->peerings.at;
	const struct lab_machine *m = file->machines.at;
	const struct lab_gateway *g = file->gateways.at;
	const struct lab_network *n = file->networks.at;

	memset(out, 0, sizeof(*out));
	if (file->peerings.n == 0)
		return fault_set(f, ERR_INVALID, "%s: the demo needs a peering", file->name);
	out->meshes[0] = peering->mesh_a;
	out->meshes[1] = peering->mesh_b;
	for (size_t i = 0; i < file->machines.n; i++)
		for (int k = 0; k < 2; k++)
			if (lab_file_gateway(file, m[i].name) == NULL && out->nmembers[k] < 8 &&
			    lab_file_is_member(file, m[i].name, out->meshes[k]))
				out->members[k][out->nmembers[k]++] = m[i].name;
	for (size_t i = file->gateways.n; i-- > 0;)
		if (names_have(&g[i].meshes, out->meshes[0]) &&
		    names_have(&g[i].meshes, out->meshes[1]))
			out->gateway = g[i].machine;
	for (size_t i = 0; i < file->networks.n && out->host == NULL; i++)
		if (lab_file_is_member(file, n[i].behind, out->meshes[1]))
			out->host = n[i].name;
	if (out->gateway == NULL || out->nmembers[0] < 3 || out->nmembers[1] < 1)
		return fault_set(f, ERR_INVALID,
				 "%s: the demo needs a gateway in both meshes of the first "
				 "peering, three members in %s and one in %s",
				 file->name, out->meshes[0], out->meshes[1]);
	return 0;
}

/* "gw1  prod AS 4200000001  <-- eBGP -->  staging AS 4200000002  Established", and how many iBGP
 * sessions each BIRD has. */
void demo_show_sessions(const session_vec *sessions)
{
	unsigned internal = 0, up = 0;

	for (size_t i = 0; i < sessions->n; i++) {
		const struct session *s = &sessions->at[i];

		if (!session_is_external(s)) {
			internal++;
			up += session_is_established(s);
		} else if (s->local_as < s->neighbour_as) { /* one line for the two ends */
			printf("  %-6s %s, AS %u  <- eBGP ->  AS %u  %s\n", s->machine, s->mesh,
			       s->local_as, s->neighbour_as, s->state);
		}
	}
	printf("  inside the meshes: %u of %u ends of iBGP sessions established\n", up, internal);
}

static const char *name_hop(const struct lab *lab, const operator_member_vec *members,
			    const struct address *a, char *out, size_t size)
{
	const struct lab_network *n = lab->file.networks.at;
	const struct operator_member *m = operator_find_address(members, a);

	if (m != NULL) {
		snprintf(out, size, "%s (%s)", m->machine, m->mesh);
		return out;
	}
	for (size_t i = 0; i < lab->file.networks.n; i++)
		if (address_equal(&n[i].host, a))
			return n[i].name;
	return "?";
}

int demo_show_path(struct lab *lab, const operator_member_vec *members,
		   const struct demo_cast *cast, struct fault *f)
{
	const char *from = cast->members[0][0];
	const struct operator_member *source = operator_find_member(members, from, cast->meshes[0]);
	const struct operator_member *target =
		operator_find_member(members, cast->members[1][0], cast->meshes[1]);
	const char *to = cast->host != NULL ? cast->host : cast->members[1][0];
	struct address destination;
	struct reach_hop hops[REACH_HOPS_MAX];
	char text[ADDRESS_TEXT_MAX], name[128];
	struct place p;
	int n;

	if (source == NULL || target == NULL)
		return fault_set(f, ERR_NOT_FOUND, "the members of the demo are not there");
	destination = cast->host != NULL ? lab_file_network(&lab->file, cast->host)->host
					 : target->address;
	lab_place(lab, from, &p);
	n = reach_trace(&p, &source->address, &destination, hops, f);
	if (n < 0)
		return n;
	printf("The way of a packet, %s to %s:\n", from, to);
	for (int i = 0; i < n; i++)
		printf("  %d  %-15s %s\n", i + 1,
		       hops[i].address.family != FAMILY_NONE
			       ? address_format(&hops[i].address, text)
			       : "*",
		       hops[i].address.family != FAMILY_NONE
			       ? name_hop(lab, members, &hops[i].address, name, sizeof(name))
			       : "");
	return 0;
}
