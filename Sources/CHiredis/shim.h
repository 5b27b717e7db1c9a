// What RedisPlugin needs of hiredis 0.14. Only macros and pointer fixes may live here, each with its reason.
#ifndef STRONGROOM_CHIREDIS_SHIM_H
#define STRONGROOM_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>

// The text of the context's last failure: an array in C, which Swift imports as a tuple.
static inline const char *strongroom_redis_failure(const redisContext *context) { return context->errstr; }

#endif
