# SPDX-License-Identifier: MIT
"""MRTD and RTMRs of a TD a second time, in Python, from the specifications alone: shares nothing with src/measure/."""
import hashlib
import struct

PAGE, CHUNK = 4096, 256
BFV, CFV, TD_HOB, TEMP_MEM, PERM_MEM = range(5)
EXTEND, AUG = 1, 2
GLOBAL = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")
SECURITY = bytes.fromhex("cbb219d73a3d9645a3bcdad00e67656f")
UI_APP = bytes.fromhex("090100002c0055006900410070007000000004071400c9bdb87cebf8344faaea3ee4af6516a1"
                       "0406140021aa2c4614760345836e8ab6f46623317fff0400")


def sha384(data):
    return hashlib.sha384(data).digest()


def mrtd(image, sections, page_by_page):
    """TDX module: each leaf is 16 bytes of name, the address, zeros up to 128; TDH.MR.EXTEND then has the chunk."""
    log = hashlib.sha384()

    def leaf(name, address):
        log.update(name.ljust(16, b"\0") + struct.pack("<Q", address) + bytes(104))

    for offset, raw, address, memory, _, attributes in sections:
        if attributes & AUG:
            continue
        content = image[offset:offset + raw].ljust(memory, b"\0") if attributes & EXTEND else b""

        def extend(page):
            for at in range(page, min(page + PAGE, len(content)), CHUNK):
                leaf(b"MR.EXTEND", address + at)
                log.update(content[at:at + CHUNK])

        for page in range(0, memory, PAGE):
            leaf(b"MEM.PAGE.ADD", address + page)
            if page_by_page:
                extend(page)
        if not page_by_page:
            for page in range(0, memory, PAGE):
                extend(page)
    return log.hexdigest()


def tdvf(image, sections, at, with_table=True):
    """Puts a TDVF descriptor into an image, and what leads to it."""
    image = bytearray(image)
    descriptor = b"TDVF" + struct.pack("<III", 16 + 32 * len(sections), 1, len(sections))
    descriptor += b"".join(struct.pack("<IIQQII", *section) for section in sections)
    image[at:at + len(descriptor)] = descriptor
    end = len(image) - 32
    if with_table:
        table = struct.pack("<IH", len(image) - at, 22) + bytes.fromhex("35657ae44a989847865e4685a7bf8ec2")
        table += struct.pack("<H", len(table) + 18) + bytes.fromhex("de82b596b21ff745baeaa366c55a082d")
        image[end - len(table):end] = table
    else:
        image[end - 16:end] = bytes(16)
        image[end:end + 4] = struct.pack("<I", at)
    return bytes(image)


def td_hob(sections, memory):
    """QEMU: unaccepted memory, with TDVF's own as system memory amid it, by address."""
    low = memory if memory < 0xb0000000 else 0x80000000
    banks = [(0, low), (1 << 32, (1 << 32) + memory - low)]
    own = sorted((s[2], s[2] + s[3]) for s in sections if s[4] in (TD_HOB, TEMP_MEM))
    parts = []
    for start, end in banks:
        for a, b in own:
            if start <= a and b <= end:
                parts += [(7, start, a), (0, a, b)]
                start = b
        parts.append((7, start, end))
    body = b"".join(struct.pack("<HHI16xIIQQ", 3, 48, 0, kind, 7, a, b - a) for kind, a, b in parts if b > a)
    address = next(s[2] for s in sections if s[4] == TD_HOB)
    return struct.pack("<HHIII32xQ", 1, 56, 0, 9, 0, address + 56 + len(body) + 8) + body


def authenticode(image, hash_name):
    """Microsoft, Windows Authenticode Portable Executable Signature Format; what is behind the sections as edk2 has it."""
    pe = struct.unpack_from("<I", image, 0x3c)[0]
    n_sections = struct.unpack_from("<H", image, pe + 6)[0]
    n_optional = struct.unpack_from("<H", image, pe + 20)[0]
    optional = pe + 24
    directories = optional + (112 if image[optional:optional + 2] == b"\x0b\x02" else 96)
    n_headers = struct.unpack_from("<I", image, optional + 60)[0]
    has_security = struct.unpack_from("<I", image, directories - 4)[0] > 4
    n_certificates = struct.unpack_from("<I", image, directories + 36)[0] if has_security else 0
    skip = [(optional + 64, optional + 68)] + ([(directories + 32, directories + 40)] if has_security else [])
    text = image[:skip[0][0]]
    for i, (_, end) in enumerate(skip):
        text += image[end:skip[i + 1][0] if i + 1 < len(skip) else n_headers]
    done = n_headers
    table = [struct.unpack_from("<II", image, optional + n_optional + 40 * i + 16) for i in range(n_sections)]
    for n, at in sorted((s for s in table if s[0]), key=lambda s: s[1]):
        text += image[at:at + n]
        done += n
    text += image[done:len(image) - n_certificates]
    return hashlib.new(hash_name, text).digest()


def patch(kernel, n_initrd, memory):
    """QEMU before 10.2, for a kernel of boot protocol 2.12 and later that can be loaded anywhere."""
    kernel = bytearray(kernel)
    kernel[0x210] = 0xb0
    kernel[0x211] |= 0x80
    kernel[0x224:0x226] = struct.pack("<H", 0xfe00)
    kernel[0x228:0x22c] = struct.pack("<I", 0x20000)
    if n_initrd:
        low = memory if memory < 0xb0000000 else 0x80000000
        kernel[0x218:0x220] = struct.pack("<II", (low - 0x28000 - 1 - n_initrd) & ~4095, n_initrd)
    return bytes(kernel)


def replay(digests):
    value = bytes(48)
    for digest in digests:
        value = sha384(value + digest)
    return value.hex()


def variable(vendor, name, value=b""):
    return sha384(vendor + struct.pack("<QQ", len(name), len(value)) + name.encode("utf-16-le") + value)


SEPARATOR = sha384(bytes(4))


def rtmrs(image, sections, memory, acpi, kernel, initrd, append, patched=True, separator=1):
    """RTMR0 to 2 of a kernel that QEMU boots, without Secure Boot; image and acpi as bytes."""
    volume = next(s for s in sections if s[4] == CFV)
    first = [sha384(td_hob(sections, memory)), sha384(image[volume[0]:volume[0] + volume[1]])]
    first += [variable(GLOBAL, name) for name in ("SecureBoot", "PK", "KEK")]
    first += [variable(SECURITY, name) for name in ("db", "dbx")] + [SEPARATOR]
    first += [sha384(table) for table in acpi] + [sha384(bytes(2)), sha384(UI_APP)]
    started = patch(kernel, len(initrd), memory) if patched else kernel
    second = [authenticode(started, "sha384"), sha384(b"Calling EFI Application from Boot Option")]
    (second if separator == 1 else first).append(SEPARATOR)
    second += [sha384(b"Exit Boot Services Invocation"), sha384(b"Exit Boot Services Returned with Success")]
    line = append + (" initrd=initrd" if initrd else "") + "\0"
    third = [sha384(line.encode("utf-16-le"))] + ([sha384(initrd)] if initrd else [])
    return [replay(first), replay(second), replay(third)]
