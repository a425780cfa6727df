#include "lib/mesh/pin.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "sha256//"

const char *pin_format(const uint8_t pin[PIN_SIZE], char out[PIN_TEXT_MAX])
{
	char digits[PIN_TEXT_MAX];

	sodium_bin2base64(digits, sizeof(digits), pin, PIN_SIZE, sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, PIN_TEXT_MAX, PREFIX "%.44s", digits);
	return out;
}

int pin_parse(const char *text, uint8_t out[PIN_SIZE], struct fault *f)
{
	size_t len = 0;
	const char *digits = text + strlen(PREFIX);

	if (strncmp(text, PREFIX, strlen(PREFIX)) != 0 ||
	    sodium_base642bin(out, PIN_SIZE, digits, strlen(digits), NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    len != PIN_SIZE)
		return fault_set(f, ERR_INVALID,
				 "'%.60s' is no pin: want sha256// and 44 characters of base64",
				 text);
	return 0;
}

bool pin_is_zero(const uint8_t pin[PIN_SIZE])
{
	return sodium_is_zero(pin, PIN_SIZE) == 1;
}
