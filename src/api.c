/* The functions of the installed header, in terms of the code underneath. */
#include "config.h"

#include "heapreplay.h"

const char *hr_version(void)
{
	return PACKAGE_VERSION;
}
