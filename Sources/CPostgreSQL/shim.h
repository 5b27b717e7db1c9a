// What PostgreSQLPlugin needs of libpq 15. Only macros and pointer fixes may live here, each with its reason.
#ifndef STRONGROOM_CPOSTGRESQL_SHIM_H
#define STRONGROOM_CPOSTGRESQL_SHIM_H

#include <libpq-fe.h>

// Characters in C, which Swift does not import as the numbers that PQresultErrorField wants.
static inline char *strongroom_pg_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}
static inline char *strongroom_pg_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

#endif
