// What MariaDBPlugin needs of libmariadb 3.3. Only macros and pointer fixes may live here, each with its reason.
#ifndef STRONGROOM_CMARIADB_SHIM_H
#define STRONGROOM_CMARIADB_SHIM_H

#include <mysql.h>

#endif
