/* GET /healthz: the process answers. GET /readyz: agents get their images. */
#include "controller/api/handlers.h"
#include "controller/controller.h"

int health_live(struct call *c)
{
	c->json = json_object();
	json_object_set_new(c->json, "status", json_string("ok"));
	json_object_set_new(c->json, "version", json_string(SKEIN_VERSION));
	return 0;
}

int health_ready(struct call *c)
{
	if (!publish_is_ready(c->controller->publish))
		return fault_set(&c->fault, ERR_BUSY, "the images are being rendered");
	return health_live(c);
}
