#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes ec_vectors.h: ECDSA vectors computed here with plain integers, none of them by the libraries under test.

The `rfc6979` rows are those of RFC 6979 A.2.5 and A.2.6 (P-256 and P-384, "sample" and "test"), remade from the
private keys printed there. The `edge` rows are signatures built to pass through corners of the arithmetic.
"""
import hashlib
import hmac


class Curve:
    def __init__(self, name, n, p, b, g, size, private):
        self.name, self.n, self.p, self.b, self.g, self.size, self.private = name, n, p, b, g, size, private

    def add(self, a, b):
        if a is None or b is None:
            return a or b
        if a[0] == b[0] and (a[1] + b[1]) % self.p == 0:
            return None
        if a == b:
            slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, self.p)
        else:
            slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, self.p)
        x = (slope * slope - a[0] - b[0]) % self.p
        return x, (slope * (a[0] - x) - a[1]) % self.p

    def mul(self, k, a):
        r = None
        while k:
            if k & 1:
                r = self.add(r, a)
            a, k = self.add(a, a), k >> 1
        return r

    def y_of(self, x):
        square = (x**3 - 3 * x + self.b) % self.p
        y = pow(square, (self.p + 1) // 4, self.p)
        return y if y * y % self.p == square else None

    def sign(self, d, z, k):
        r = self.mul(k, self.g)[0] % self.n
        return r, pow(k, -1, self.n) * (z + r * d) % self.n

    def holds(self, q, z, r, s):
        w = pow(s, -1, self.n)
        point = self.add(self.mul(z * w % self.n, self.g), self.mul(r * w % self.n, q))
        return point is not None and point[0] % self.n == r


P256 = Curve(
    "P256",
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5),
    32,
    0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721)
P384 = Curve(
    "P384",
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    (0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
     0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F),
    48,
    0x6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5)


def rfc6979(c, message, name):
    def mac(key, data):
        return hmac.new(key, data, name).digest()

    digest = hashlib.new(name, message).digest()
    z = int.from_bytes(digest[:c.size], "big")
    seed = c.private.to_bytes(c.size, "big") + (z % c.n).to_bytes(c.size, "big")
    v, key = b"\1" * len(digest), b"\0" * len(digest)
    for separator in b"\0", b"\1":
        key = mac(key, v + separator + seed)
        v = mac(key, v)
    while True:
        t = b""
        while len(t) < c.size:
            v = mac(key, v)
            t += v
        k = int.from_bytes(t[:c.size], "big")
        if 0 < k < c.n:
            return digest, c.sign(c.private, z, k)
        key = mac(key, v + b"\0")
        v = mac(key, v)


def text(*numbers, size=None):
    h = "".join(x.hex() if size is None else x.to_bytes(size, "big").hex() for x in numbers)
    return "\n\t  ".join('"%s"' % h[i:i + 96] for i in range(0, len(h), 96))


def edges(c):
    d, q, n = c.private, c.mul(c.private, c.g), c.n
    k = 0x1234567890ABCDEF1234567890ABCDEF77
    ones = 2**(8 * c.size) - 1
    r, s = c.sign(d, ones, k)
    yield "the digest is all ones", q, ones, r, s
    yield "s is negated", q, ones, r, n - s
    yield "the digest is zero", q, 0, *c.sign(d, 0, k)
    yield "the digest is the order", q, n, *c.sign(d, n, k)
    yield "the key is the generator", c.g, 99, *c.sign(1, 99, k)
    u1 = k * pow(2, -1, n) % n
    s = r * d * pow(u1, -1, n) % n
    yield "both summands are the same point", q, u1 * s % n, r, s
    yield "the sum is at infinity", q, -r * d % n, r, 5
    x = n + 1
    while c.y_of(x) is None:
        x += 1
    assert x < c.p
    r, s, z = x - n, 0x3333333333, 0x77777
    gx, gy = c.mul(z * pow(s, -1, n) % n, c.g)
    key = c.mul(s * pow(r, -1, n) % n, c.add((x, c.y_of(x)), (gx, c.p - gy)))
    yield "x of the point is not below the order", key, z, r, s


print("/* SPDX-License-" "Identifier: MIT */")
print("/* SOURCE: written by ec_vectors.py, which says what they are. Public key, digest, r and s in hex. */")
print("static const struct vector vectors[] = {")
for c in P256, P384:
    q = c.mul(c.private, c.g)
    for message in "sample", "test":
        for name in "sha1", "sha256", "sha384", "sha512":
            digest, (r, s) = rfc6979(c, message.encode(), name)
            print('\t{ CRYPTO_%s, "rfc6979 %s %s",\n\t  %s,\n\t  %s,\n\t  %s, true },' %
                  (c.name, message, name, text(*q, size=c.size), text(digest), text(r, s, size=c.size)))
    for label, key, z, r, s in edges(c):
        print('\t{ CRYPTO_%s, "%s",\n\t  %s,\n\t  %s,\n\t  %s, %s },' %
              (c.name, label, text(*key, size=c.size), text(z, size=c.size), text(r, s, size=c.size),
               "true" if c.holds(key, z, r, s) else "false"))
print("};")
