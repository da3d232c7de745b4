/* The wire's own side of a reply: for which client it encodes, and how its bytes are taken out to
 * be sent. Everybody else sees only reply.h.
 */
#ifndef STOPMARK_LAB_WIRE_REPLY_H
#define STOPMARK_LAB_WIRE_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tests/lab/reply.h"

/* A reply for a client of that TDS version (wire_types.h); owned, reply_free. */
struct reply *reply_new(uint32_t tds_version, const char *server_name);

/* Starts a message: nothing written, no errors. */
void reply_begin(struct reply *reply);

/* Ends a message: adds a DONE where the last token is not one. Where attention is true the last
 * DONE says ERROR, as captured of cancelled batches. */
void reply_end(struct reply *reply, bool attention);

/* Moves at most max of the bytes that may leave now to the end of out; true if more of them wait.
 * The last DONE stays until the reply goes on or ends, because only then it is known whether it
 * says MORE. */
bool reply_take(struct reply *reply, struct str *out, size_t max);

/* True if nothing is left to send. */
bool reply_is_empty(const struct reply *reply);

/* Tokens of the login, and ENVCHANGE 18: the session was reset as asked in a packet's header. */
void reply_session_reset(struct reply *reply);
void reply_login_acknowledged(struct reply *reply, uint32_t tds_version, int major, int minor,
                              int build);
void reply_login_database(struct reply *reply, const char *from, const char *to);
void reply_language(struct reply *reply, const char *language);
void reply_packet_size(struct reply *reply, int from, int to);
void reply_collation(struct reply *reply, bool case_sensitive);
void reply_feature_acknowledged(struct reply *reply, const void *features, size_t length);

#endif
