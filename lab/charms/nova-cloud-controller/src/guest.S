# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

# The lab's guest: a boot sector that counts its heartbeats on the first serial port, one each
# second. Only the real-time clock wakes it, twice a second: a guest that waits for the 18 Hz timer
# costs 6 per cent of a core under emulation, and a lab runs ten of them.
# guest.py holds the assembled bytes; tests/unit/test_guest.py assembles this file and compares.

.code16
.intel_syntax noprefix
.global _start
_start:
    cli
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    cld
    # Timer channel 0, mode 0: it ends once and is silent ever after.
    mov al, 0x30
    out 0x43, al
    xor al, al
    out 0x40, al
    out 0x40, al
    # Interrupt 8 of the second controller is the only one allowed.
    mov word ptr [0x70 * 4], offset tick
    mov word ptr [0x70 * 4 + 2], ax
    mov al, 0xfb
    out 0x21, al
    mov al, 0xfe
    out 0xa1, al
    # Clock register A: 2 Hz. Register B: periodic interrupt, 24 hours.
    mov al, 0x0a
    out 0x70, al
    mov al, 0x2f
    out 0x71, al
    mov al, 0x0b
    out 0x70, al
    mov al, 0x42
    out 0x71, al
    call acknowledge

beat:
    mov bx, offset last
count:
    inc byte ptr [bx]
    cmp byte ptr [bx], '9' + 1
    jne print
    mov byte ptr [bx], '0'
    dec bx
    jmp count
print:
    mov si, offset message
next:
    lodsb
    test al, al
    jz rest
    mov ah, al
    mov dx, 0x3fd
busy:
    in al, dx
    test al, 0x20
    jz busy
    mov al, ah
    mov dx, 0x3f8
    out dx, al
    jmp next
rest:
    mov cx, 2
pause:
    sti
    hlt
    loop pause
    jmp beat

tick:
    push ax
    call acknowledge
    mov al, 0x20
    out 0xa0, al
    out 0x20, al
    pop ax
    iret

# Reading register C allows the clock's next interrupt.
acknowledge:
    mov al, 0x0c
    out 0x70, al
    in al, 0x71
    ret

message:
    .ascii "lab guest heartbeat 0000"
last:
    .asciz "0\r\n"
