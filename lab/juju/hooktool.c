// Copyright 2026 The instance-ha developers
// SPDX-License-Identifier: Apache-2.0
//
// Every hook tool: sends its name and arguments to the agent's socket and prints the answer.
// In C because a charm calls a dozen of them in each hook; hooktool.py does the same, slower.
//
// On the wire, netstrings without the comma ("5:hello"): context, number of words, the words (the
// first is the tool's name), standard input. Back: exit code, standard output, standard error.

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct buffer {
    char *data;
    size_t size, room;
};

static int agent = -1;

static void die(const char *what)
{
    fprintf(stderr, "ERROR %s: %s\n", what, strerror(errno));
    exit(1);
}

static void append(struct buffer *to, const char *data, size_t size)
{
    if (to->size + size > to->room) {
        to->room = (to->size + size) * 2;
        to->data = realloc(to->data, to->room);
        if (!to->data)
            die("cannot allocate memory");
    }
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void field(struct buffer *to, const char *data, size_t size)
{
    char head[32];
    append(to, head, snprintf(head, sizeof head, "%zu:", size));
    append(to, data, size);
}

static void slurp(int from, struct buffer *to)
{
    char block[65536];
    ssize_t got;
    while ((got = read(from, block, sizeof block)) > 0)
        append(to, block, got);
    if (got < 0)
        die("cannot read");
}

// "key#file=PATH" becomes "key=CONTENT": the agent cannot see the machine's files.
static void word(struct buffer *to, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (!equals || equals - argument < 5 || strncmp(equals - 5, "#file", 5)) {
        field(to, argument, strlen(argument));
        return;
    }
    struct buffer content = {0};
    append(&content, argument, equals - argument - 5);
    append(&content, "=", 1);
    FILE *file = fopen(equals + 1, "r");
    if (!file)
        die(equals + 1);
    slurp(fileno(file), &content);
    field(to, content.data, content.size);
}

static void send_all(const struct buffer *from)
{
    for (size_t sent = 0; sent < from->size;) {
        ssize_t put = write(agent, from->data + sent, from->size - sent);
        if (put < 0)
            die("cannot write to the agent");
        sent += put;
    }
}

static size_t length(const char **at, const char *end)
{
    size_t value = 0;
    while (*at < end && **at != ':')
        value = value * 10 + (*(*at)++ - '0');
    if (*at >= end || value > (size_t)(end - ++*at)) {
        fprintf(stderr, "ERROR the agent went away\n");
        exit(1);
    }
    return value;
}

static void print(int to, const char *data, size_t size)
{
    while (size) {
        ssize_t put = write(to, data, size);
        if (put < 0)
            exit(1);
        data += put;
        size -= put;
    }
}

int main(int argc, char **argv)
{
    const char *path = getenv("JUJU_AGENT_SOCKET_ADDRESS"), *context = getenv("JUJU_CONTEXT_ID");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct buffer request = {0}, input = {0}, answer = {0};
    char count[16];
    int takes_input = 0;

    if (!path || !context) {
        fprintf(stderr, "ERROR JUJU_CONTEXT_ID not set: hook tools only work in hooks\n");
        return 1;
    }
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "ERROR path of the agent's socket is too long: %s\n", path);
        return 1;
    }
    strcpy(address.sun_path, path);
    agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (agent < 0 || connect(agent, (struct sockaddr *)&address, sizeof address))
        die("cannot reach the agent");

    field(&request, context, strlen(context));
    field(&request, count, snprintf(count, sizeof count, "%d", argc));
    for (int i = 0; i < argc; i++) {
        const char *text = i ? argv[i] : basename(argv[0]);
        if (i && !strncmp(basename(argv[0]), "secret-", 7))
            word(&request, text);
        else
            field(&request, text, strlen(text));
        if (i > 1 && !strcmp(text, "-") && !strcmp(argv[i - 1], "--file"))
            takes_input = 1;
        if (!strcmp(text, "--file=-"))
            takes_input = 1;
    }
    if (takes_input)
        slurp(0, &input);
    field(&request, input.data ? input.data : "", input.size);
    send_all(&request);

    slurp(agent, &answer);
    const char *at = answer.data ? answer.data : "", *end = at + answer.size;
    size_t size = length(&at, end);
    int code = 0;
    for (; size; size--)
        code = code * 10 + (*at++ - '0');
    size = length(&at, end);
    print(1, at, size);
    at += size;
    size = length(&at, end);
    print(2, at, size);
    return code;
}
