/* A small TDS client for tests: raw packets over a socket, replies as one block of bytes. It checks
 * nothing by itself and shares no code with the server. Test threads only.
 */
#ifndef STOPMARK_UNIT_LAB_WIRE_CLIENT_H
#define STOPMARK_UNIT_LAB_WIRE_CLIENT_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENT_TIMEOUT_MS = 10000 };

struct client {
    int fd;
    uint32_t version;
    unsigned char reply[1 << 20];
    size_t length;
    size_t largest_packet;
};

static inline int client_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static inline void client_packet(int fd, int type, int status, const void *bytes, size_t length)
{
    unsigned char packet[40000] = {(unsigned char)type, (unsigned char)status,
                                   (unsigned char)((length + 8) >> 8),
                                   (unsigned char)(length + 8)};

    if (length > 0)
        memcpy(packet + 8, bytes, length);
    if (send(fd, packet, length + 8, MSG_NOSIGNAL) < 0)
        return;
}

static inline bool client_read_exactly(int fd, unsigned char *out, size_t size)
{
    while (size > 0) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (poll(&readable, 1, CLIENT_TIMEOUT_MS) <= 0)
            return false;
        ssize_t got = recv(fd, out, size, 0);
        if (got <= 0)
            return false;
        out += got;
        size -= (size_t)got;
    }
    return true;
}

/* Reads one packet's payload onto the reply; *status is its status. */
static inline bool client_read_packet(struct client *client, int *status)
{
    unsigned char header[8];

    if (!client_read_exactly(client->fd, header, 8))
        return false;
    size_t length = (size_t)header[2] << 8 | header[3];
    *status = header[1];
    if (length > client->largest_packet)
        client->largest_packet = length;
    if (header[0] != 4 || length < 8 || client->length + length > sizeof client->reply)
        return false;
    bool whole = client_read_exactly(client->fd, client->reply + client->length, length - 8);
    if (whole)
        client->length += length - 8;
    return whole;
}

/* Reads one message; false if the connection ended before. */
static inline bool client_read_message(struct client *client)
{
    int status = 0;

    client->length = 0;
    while ((status & 1) == 0) {
        if (!client_read_packet(client, &status))
            return false;
    }
    return true;
}

/* True if the server closes the connection without a further byte. */
static inline bool client_sees_end(struct client *client)
{
    unsigned char byte;
    struct pollfd readable = {.fd = client->fd, .events = POLLIN};

    return poll(&readable, 1, CLIENT_TIMEOUT_MS) > 0 && recv(client->fd, &byte, 1, 0) <= 0;
}

static inline size_t client_utf16(unsigned char *out, const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        out[2 * i] = (unsigned char)text[i];
        out[2 * i + 1] = 0;
    }
    return length * 2;
}

static inline size_t client_prelogin(unsigned char *out)
{
    static const unsigned char message[] = {0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF,
                                            9, 0, 0,  0, 0, 0, 2};

    memcpy(out, message, sizeof message);
    return sizeof message;
}

static inline void client_low(unsigned char *out, uint32_t value, int size)
{
    for (int i = 0; i < size; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

static inline size_t client_login7(unsigned char *out, uint32_t version, const char *user,
                                   const char *password, const char *database,
                                   unsigned packet_size)
{
    const struct {
        int at;
        const char *text;
    } texts[] = {{36, "testhost"}, {40, user}, {44, password}, {48, "test"}, {68, database}};
    size_t length = 94;

    memset(out, 0, 94);
    client_low(out + 4, version, 4);
    client_low(out + 8, packet_size, 4);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        client_low(out + texts[i].at, (uint32_t)length, 2);
        client_low(out + texts[i].at + 2, (uint32_t)strlen(texts[i].text), 2);
        size_t size = client_utf16(out + length, texts[i].text);
        for (size_t j = 0; texts[i].at == 44 && j < size; j++) {
            unsigned swapped = (unsigned)(out[length + j] << 4 | out[length + j] >> 4) & 0xFF;
            out[length + j] = (unsigned char)(swapped ^ 0xA5);
        }
        length += size;
    }
    client_low(out, (uint32_t)length, 4);
    return length;
}

/* Connects and logs in; the answer to the login stays in client->reply. */
static inline bool client_log_in(struct client *client, int port, uint32_t version,
                                 const char *user, const char *password, const char *database,
                                 unsigned packet_size)
{
    unsigned char message[2048];

    client->version = version;
    client->largest_packet = 0;
    client->fd = client_connect(port);
    if (client->fd < 0)
        return false;
    client_packet(client->fd, 18, 1, message, client_prelogin(message));
    if (!client_read_message(client))
        return false;
    client_packet(client->fd, 16, 1, message,
                  client_login7(message, version, user, password, database, packet_size));
    return client_read_message(client);
}

static inline void client_batch(struct client *client, const char *text)
{
    unsigned char message[8192] = {22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0,
                                   0,  0, 0, 0, 0,  0, 1, 0, 0, 0};
    size_t headers = client->version >= 0x72090002 ? 22 : 0;

    client_packet(client->fd, 1, 1, message,
                  headers + client_utf16(message + headers, text));
}

/* True if the last message holds the text as UTF-16. */
static inline bool client_reply_has(const struct client *client, const char *text)
{
    unsigned char pattern[512];

    return memmem(client->reply, client->length, pattern, client_utf16(pattern, text)) != NULL;
}

/* True if the last message holds a token ERROR or INFO of that number. */
static inline bool client_reply_has_number(const struct client *client, int token, uint32_t number)
{
    unsigned char wanted[4];

    client_low(wanted, number, 4);
    for (size_t i = 0; i + 7 < client->length; i++) {
        if (client->reply[i] == token && memcmp(client->reply + i + 3, wanted, 4) == 0)
            return true;
    }
    return false;
}

/* Status and command of the DONE at the end of the last message, whatever its kind. */
static inline int client_done_status(const struct client *client)
{
    const unsigned char *done =
        client->reply + client->length - (client->version >= 0x72090002 ? 13 : 9);

    return done[0] < 0xFD ? -1 : done[1] | done[2] << 8;
}

static inline int client_done_command(const struct client *client)
{
    const unsigned char *done =
        client->reply + client->length - (client->version >= 0x72090002 ? 13 : 9);

    return done[3] | done[4] << 8;
}

#endif
