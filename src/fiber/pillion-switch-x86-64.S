/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The switch for x86-64 by the System V ABI (AMD64 supplement, section 3.2.1): rbx, rbp, r12 to r15, rsp, the control bits of mxcsr, and the x87 control
 * word belong to the caller. A stopped function has them on its stack:
 *
 *   sp →  0 mxcsr, x87 control word   8 r15  16 r14  24 r13  32 r12  40 rbx  48 rbp  56 return address
 *
 * Both stacks look alike, so the same call frame information holds before and after the switch. */

        .text
        .globl  pillion_switch_swap
        .hidden pillion_switch_swap
        .type   pillion_switch_swap, @function
        .p2align 4
pillion_switch_swap:
        .cfi_startproc
        .byte   0xf3, 0x0f, 0x1e, 0xfa  /* endbr64 */
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r15, 0
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)

        movq    %rsp, (%rdi)
        movq    %rsi, %rsp

        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        /* Not ret: the processor would predict a return to the caller of this */
        popq    %rcx
        .cfi_adjust_cfa_offset -8
        .cfi_register rip, rcx
        .byte   0x3e                    /* notrack */
        jmp     *%rcx
        .cfi_endproc
        .size   pillion_switch_swap, . - pillion_switch_swap

/* The first frame of a new stack. There is nothing to return to, which unwinders are told. */
        .globl  pillion_switch_start
        .hidden pillion_switch_start
        .type   pillion_switch_start, @function
        .p2align 4
pillion_switch_start:
        .cfi_startproc
        .cfi_undefined rip
        movq    %r12, %rdi
        callq   *%r13
        ud2
        .cfi_endproc
        .size   pillion_switch_start, . - pillion_switch_start

        .section .note.GNU-stack, "", @progbits

/* Works with indirect branch tracking and shadow stacks */
        .section .note.gnu.property, "a", @note
        .p2align 3
        .long   4, 16, 5
        .asciz  "GNU"
        .long   0xc0000002, 4, 3, 0
