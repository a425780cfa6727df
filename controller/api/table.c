#include "controller/api/table.h"

#include "controller/api/handlers.h"

#define V1 "/api/v1"
#define N  NULL

/* method, path, least role, where it runs, action of the audit, parameters, handler */
const struct route api_routes[] = {
	{METHOD_GET, "/healthz", ROLE_NONE, ROUTE_MEMORY, N, N, health_live},
	{METHOD_GET, "/readyz", ROLE_NONE, ROUTE_MEMORY, N, N, health_ready},

	{METHOD_GET, V1 "/organizations", ROLE_VIEWER, ROUTE_READ, N, "limit cursor",
	 organization_list},
	{METHOD_POST, V1 "/organizations", ROLE_ADMIN, ROUTE_WRITE, "organization.create", N,
	 organization_create},
	{METHOD_GET, V1 "/organizations/{id}", ROLE_VIEWER, ROUTE_READ, N, N, organization_get},
	{METHOD_PATCH, V1 "/organizations/{id}", ROLE_ADMIN, ROUTE_WRITE, "organization.update", N,
	 organization_update},
	{METHOD_DELETE, V1 "/organizations/{id}", ROLE_ADMIN, ROUTE_WRITE, "organization.delete", N,
	 organization_delete},

	{METHOD_GET, V1 "/meshes", ROLE_VIEWER, ROUTE_READ, N, "limit cursor", mesh_list},
	{METHOD_POST, V1 "/meshes", ROLE_OPERATOR, ROUTE_WRITE, "mesh.create", N, mesh_create},
	{METHOD_GET, V1 "/meshes/{id}", ROLE_VIEWER, ROUTE_READ, N, N, mesh_get},
	{METHOD_PATCH, V1 "/meshes/{id}", ROLE_OPERATOR, ROUTE_WRITE, "mesh.update", N,
	 mesh_update},
	{METHOD_DELETE, V1 "/meshes/{id}", ROLE_OPERATOR, ROUTE_WRITE, "mesh.delete", "cascade",
	 mesh_delete},

	{METHOD_GET, V1 "/machines", ROLE_VIEWER, ROUTE_READ, N, "limit cursor", machine_list},
	{METHOD_GET, V1 "/machines/{id}", ROLE_VIEWER, ROUTE_READ, N, N, machine_get},
	{METHOD_PATCH, V1 "/machines/{id}", ROLE_OPERATOR, ROUTE_WRITE, "machine.update", N,
	 machine_update},
	{METHOD_DELETE, V1 "/machines/{id}", ROLE_OPERATOR, ROUTE_WRITE, "machine.delete", N,
	 machine_delete},
	{METHOD_POST, V1 "/machines/{id}/revoke", ROLE_OPERATOR, ROUTE_WRITE, "machine.revoke", N,
	 machine_revoke},

	{METHOD_GET, V1 "/memberships", ROLE_VIEWER, ROUTE_READ, N, "limit cursor mesh machine",
	 membership_list},
	{METHOD_POST, V1 "/memberships", ROLE_OPERATOR, ROUTE_WRITE, "membership.create", N,
	 membership_create},
	{METHOD_GET, V1 "/memberships/{id}", ROLE_VIEWER, ROUTE_READ, N, N, membership_get},
	{METHOD_DELETE, V1 "/memberships/{id}", ROLE_OPERATOR, ROUTE_WRITE, "membership.delete", N,
	 membership_delete},

	{METHOD_GET, V1 "/join-tokens", ROLE_VIEWER, ROUTE_READ, N, "limit cursor",
	 join_token_list},
	{METHOD_POST, V1 "/join-tokens", ROLE_OPERATOR, ROUTE_WRITE, "join-token.create", N,
	 join_token_create},
	{METHOD_GET, V1 "/join-tokens/{id}", ROLE_VIEWER, ROUTE_READ, N, N, join_token_get},
	{METHOD_POST, V1 "/join-tokens/{id}/revoke", ROLE_OPERATOR, ROUTE_WRITE,
	 "join-token.revoke", N, join_token_revoke},

	{METHOD_GET, V1 "/api-tokens", ROLE_OPERATOR, ROUTE_READ, N, "limit cursor",
	 api_token_list},
	{METHOD_POST, V1 "/api-tokens", ROLE_OPERATOR, ROUTE_WRITE, "api-token.create", N,
	 api_token_create},
	{METHOD_GET, V1 "/api-tokens/{id}", ROLE_OPERATOR, ROUTE_READ, N, N, api_token_get},
	{METHOD_POST, V1 "/api-tokens/{id}/revoke", ROLE_OPERATOR, ROUTE_WRITE, "api-token.revoke",
	 N, api_token_revoke},

	{METHOD_GET, V1 "/gateways", ROLE_VIEWER, ROUTE_READ, N, "limit cursor", gateway_list},
	{METHOD_POST, V1 "/gateways", ROLE_OPERATOR, ROUTE_WRITE, "gateway.enable", N,
	 gateway_enable},
	{METHOD_DELETE, V1 "/gateways/{id}", ROLE_OPERATOR, ROUTE_WRITE, "gateway.disable", N,
	 gateway_disable},

	{METHOD_GET, V1 "/prefixes", ROLE_VIEWER, ROUTE_READ, N, "limit cursor mesh membership",
	 prefix_list},
	{METHOD_POST, V1 "/prefixes", ROLE_OPERATOR, ROUTE_WRITE, "prefix.approve", N,
	 prefix_create},
	{METHOD_GET, V1 "/prefixes/{id}", ROLE_VIEWER, ROUTE_READ, N, N, prefix_get},
	{METHOD_PATCH, V1 "/prefixes/{id}", ROLE_OPERATOR, ROUTE_WRITE, "prefix.update", N,
	 prefix_update},
	{METHOD_DELETE, V1 "/prefixes/{id}", ROLE_OPERATOR, ROUTE_WRITE, "prefix.delete", N,
	 prefix_delete},

	{METHOD_GET, V1 "/peerings", ROLE_VIEWER, ROUTE_READ, N, "limit cursor mesh", peering_list},
	{METHOD_POST, V1 "/peerings", ROLE_OPERATOR, ROUTE_WRITE, "peering.create", N,
	 peering_create},
	{METHOD_GET, V1 "/peerings/{id}", ROLE_VIEWER, ROUTE_READ, N, N, peering_get},
	{METHOD_PATCH, V1 "/peerings/{id}", ROLE_OPERATOR, ROUTE_WRITE, "peering.update", N,
	 peering_update},
	{METHOD_DELETE, V1 "/peerings/{id}", ROLE_OPERATOR, ROUTE_WRITE, "peering.delete", N,
	 peering_delete},

	{METHOD_GET, V1 "/audit", ROLE_VIEWER, ROUTE_READ, N, "limit cursor", audit_list},

	{METHOD_POST, V1 "/enroll", ROLE_NONE, ROUTE_WRITE, "machine.enroll", N, enroll},
	{METHOD_GET, V1 "/machine", ROLE_MACHINE, ROUTE_MEMORY, N, N, machine_self_get},
	{METHOD_DELETE, V1 "/machine", ROLE_MACHINE, ROUTE_WRITE, "machine.leave", N,
	 machine_self_leave},
	{METHOD_PUT, V1 "/memberships/{id}/public-key", ROLE_MACHINE, ROUTE_WRITE, "membership.key",
	 N, membership_set_key},
	{METHOD_GET, V1 "/mesh/config", ROLE_MACHINE, ROUTE_MEMORY, N, "membership image",
	 image_config},
	{METHOD_GET, V1 "/mesh/bird", ROLE_MACHINE, ROUTE_MEMORY, N, "membership part", image_bird},
	{METHOD_POST, V1 "/mesh/report", ROLE_MACHINE, ROUTE_WRITE, N, N, report},
	{0}};
