"""Writes ElementaryFixtures.swift: arguments and the correctly rounded values of exp, log, sin and cos.

    pip install mpmath && python3 make_elementary_fixtures.py > ElementaryFixtures.swift
"""

import math
import random

from mpmath import cos, exp, log, mp, mpf, sin

mp.prec = 400
random.seed(20260101)


def rounded(value):
    """The nearest double of an mpf, ties to even, also where doubles are subnormal."""
    if value == 0:
        return 0.0
    exponent = max(math.frexp(float(value))[1] - 53, -1074)
    scaled = value * mpf(2) ** -exponent
    return math.ldexp(int(mp.nint(scaled)), exponent)


def hexadecimal(value):
    """A Swift expression for a finite double; a literal of a subnormal one would be warned of."""
    if value == 0:
        return "0.0"
    mantissa, exponent = math.frexp(value)
    integer = int(mantissa * 2**53)
    exponent -= 53
    while integer % 2 == 0:
        integer //= 2
        exponent += 1
    sign = "-" if integer < 0 else ""
    if abs(value) < 2.0**-1022:
        return f"{sign}0x{abs(integer):x}p{exponent + 100} * 0x1p-100"
    return f"{sign}0x{abs(integer):x}p{exponent}"


def uniform(low, high, count):
    return [random.uniform(low, high) for _ in range(count)]


def multiples_of_half_pi(count):
    return [float(random.randrange(1, 636_000) * mp.pi / 2) for _ in range(count)]


angles = (
    uniform(-1, 1, 20)
    + uniform(-7, 7, 40)
    + uniform(-1e5, 1e5, 30)
    + uniform(-1e6, 1e6, 30)
    + multiples_of_half_pi(20)
    + [math.pi / 4, math.pi / 2, math.pi, 1e6, -1e6, 1e-9, 5e-324, 0.785, 0.7853981633974484]
)
tables = {
    "exponentials": (
        exp,
        uniform(-1, 1, 40)
        + uniform(-745, 709.7, 60)
        + uniform(-745, -708, 20)
        + [0.0, 1.0, -1.0, 1e-300, 709.782712893384, -745.1332191019411, -708.3964185322641],
    ),
    "logarithms": (
        log,
        uniform(0.5, 2, 40)
        + uniform(0, 1, 20)
        + uniform(0.999, 1.001, 20)
        + [math.ldexp(random.uniform(1, 2), random.randrange(-1022, 1023)) for _ in range(40)]
        + [5e-324, 1e-310, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0, 10.0, math.sqrt(2), math.sqrt(0.5)]
        + [math.nextafter(1, 0), math.nextafter(1, 2)],
    ),
    "sines": (sin, angles),
    "cosines": (cos, angles),
}

print("// Made by make_elementary_fixtures.py; values are correctly rounded.")
print()
print("enum ElementaryFixtures {")
for index, (name, (function, arguments)) in enumerate(tables.items()):
    if index:
        print()
    print(f"  static let {name}: [(x: Double, value: Double)] = [")
    for argument in arguments:
        print(f"    ({hexadecimal(argument)}, {hexadecimal(rounded(function(mpf(argument))))}),")
    print("  ]")
print("}")
