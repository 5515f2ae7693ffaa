/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The switch for AArch64 by the procedure call standard (AAPCS64, section 6.1): x19 to x29, sp, the low halves of v8 to v15 and the control bits of
 * fpcr belong to the caller, and x30 is where it continues. A stopped function has them on its stack:
 *
 *   sp →  0 d8 … 56 d15   64 x19 … 136 x28   144 x29  152 x30  160 fpcr
 *
 * Both stacks look alike, so the same call frame information holds before and after the switch. */

        .text
        .globl  pillion_switch_swap
        .hidden pillion_switch_swap
        .type   pillion_switch_swap, %function
        .p2align 4
pillion_switch_swap:
        .cfi_startproc
        hint    #34                     /* bti c */
        sub     sp, sp, #176
        .cfi_def_cfa_offset 176
        stp     d8, d9, [sp, #0]
        .cfi_offset b8, -176
        .cfi_offset b9, -168
        stp     d10, d11, [sp, #16]
        .cfi_offset b10, -160
        .cfi_offset b11, -152
        stp     d12, d13, [sp, #32]
        .cfi_offset b12, -144
        .cfi_offset b13, -136
        stp     d14, d15, [sp, #48]
        .cfi_offset b14, -128
        .cfi_offset b15, -120
        stp     x19, x20, [sp, #64]
        .cfi_offset x19, -112
        .cfi_offset x20, -104
        stp     x21, x22, [sp, #80]
        .cfi_offset x21, -96
        .cfi_offset x22, -88
        stp     x23, x24, [sp, #96]
        .cfi_offset x23, -80
        .cfi_offset x24, -72
        stp     x25, x26, [sp, #112]
        .cfi_offset x25, -64
        .cfi_offset x26, -56
        stp     x27, x28, [sp, #128]
        .cfi_offset x27, -48
        .cfi_offset x28, -40
        stp     x29, x30, [sp, #144]
        .cfi_offset x29, -32
        .cfi_offset x30, -24
        mrs     x9, fpcr
        str     x9, [sp, #160]

        mov     x10, sp
        str     x10, [x0]
        mov     sp, x1

        /* Setting it is slow, and it hardly ever differs */
        ldr     x10, [sp, #160]
        cmp     x9, x10
        b.eq    1f
        msr     fpcr, x10
1:
        ldp     d8, d9, [sp, #0]
        ldp     d10, d11, [sp, #16]
        ldp     d12, d13, [sp, #32]
        ldp     d14, d15, [sp, #48]
        ldp     x19, x20, [sp, #64]
        ldp     x21, x22, [sp, #80]
        ldp     x23, x24, [sp, #96]
        ldp     x25, x26, [sp, #112]
        ldp     x27, x28, [sp, #128]
        ldp     x29, x30, [sp, #144]
        add     sp, sp, #176
        .cfi_def_cfa_offset 0
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x21
        .cfi_restore x22
        .cfi_restore x23
        .cfi_restore x24
        .cfi_restore x25
        .cfi_restore x26
        .cfi_restore x27
        .cfi_restore x28
        .cfi_restore x29
        .cfi_restore x30
        .cfi_restore b8
        .cfi_restore b9
        .cfi_restore b10
        .cfi_restore b11
        .cfi_restore b12
        .cfi_restore b13
        .cfi_restore b14
        .cfi_restore b15
        ret
        .cfi_endproc
        .size   pillion_switch_swap, . - pillion_switch_swap

/* The first frame of a new stack. There is nothing to return to, which unwinders are told. */
        .globl  pillion_switch_start
        .hidden pillion_switch_start
        .type   pillion_switch_start, %function
        .p2align 4
pillion_switch_start:
        .cfi_startproc
        .cfi_undefined x30
        hint    #36                     /* bti j */
        mov     x0, x20
        blr     x19
        brk     #1
        .cfi_endproc
        .size   pillion_switch_start, . - pillion_switch_start

        .section .note.GNU-stack, "", %progbits

/* Works with branch target identification */
        .section .note.gnu.property, "a", %note
        .p2align 3
        .long   4, 16, 5
        .asciz  "GNU"
        .long   0xc0000000, 4, 1, 0
