# SPDX-License-Identifier: MIT
"""Evidence in the messages of other projects, for tests: by their public definitions, from the bytes of a report or a quote."""
import base64
import hashlib
import struct

# go-sev-guest, sevsnp.proto: number, name, offset, bytes; numbers up to 8.
REPORT = [(1, "version", 0, 4), (2, "guest_svn", 4, 4), (3, "policy", 8, 8), (4, "family_id", 0x10, 16), (5, "image_id", 0x20, 16),
          (6, "vmpl", 0x30, 4), (7, "signature_algo", 0x34, 4), (8, "current_tcb", 0x38, 8), (9, "platform_info", 0x40, 8),
          (10, "signer_info", 0x48, 4), (11, "report_data", 0x50, 64), (12, "measurement", 0x90, 48), (13, "host_data", 0xc0, 32),
          (14, "id_key_digest", 0xe0, 48), (15, "author_key_digest", 0x110, 48), (16, "report_id", 0x140, 32),
          (17, "report_id_ma", 0x160, 32), (18, "reported_tcb", 0x180, 8), (19, "chip_id", 0x1a0, 64), (20, "committed_tcb", 0x1e0, 8),
          (21, "current_build", 0x1e8, 1), (22, "current_minor", 0x1e9, 1), (23, "current_major", 0x1ea, 1), (24, "committed_build", 0x1ec, 1),
          (25, "committed_minor", 0x1ed, 1), (26, "committed_major", 0x1ee, 1), (27, "launch_tcb", 0x1f0, 8), (28, "signature", 0x2a0, 512),
          (30, "launch_mit_vector", 0x1f8, 8), (31, "current_mit_vector", 0x200, 8)]


def little(b):
    return int.from_bytes(b, "little")


def report_fields(r):
    """A message: (number, name, value); proto3 leaves zeros out."""
    fields = [(n, name, little(r[off:off + size]) if size <= 8 else r[off:off + size]) for n, name, off, size in REPORT]
    family, model, stepping = r[0x188:0x18b]
    if family:
        eax = stepping | (model & 15) << 4 | 15 << 8 | model >> 4 << 16 | (family - 15) << 20
        fields.append((29, "cpuid1eax_fms", eax))
    return [f for f in fields if f[2]]


def attestation(fields, chain):
    certs = [(1, "vcek_cert", chain["vcek"]), (2, "ask_cert", chain["ask"]), (3, "ark_cert", chain["ark"])]
    return [(1, "report", fields), (2, "certificate_chain", certs), (3, "product", [(2, "stepping", 1)])]


def quote(q):
    """go-tdx-guest, tdx.proto: QuoteV4 or QuoteV5."""
    version = little(q[:2])
    header = [(1, "version", version), (2, "attestation_key_type", little(q[2:4])), (3, "tee_type", little(q[4:8])), (4, "qe_svn", q[8:10]),
              (5, "pce_svn", q[10:12]), (6, "qe_vendor_id", q[12:28]), (7, "user_data", q[28:48])]
    at, descriptor = 48, []
    if version == 5:
        descriptor = [(1, "td_quote_body_type", little(q[48:50])), (2, "td_quote_body_size", little(q[50:54]))]
        at = 54
    start = at
    body = []
    for number, name, size in [(1, "tee_tcb_svn", 16), (2, "mr_seam", 48), (3, "mr_signer_seam", 48), (4, "seam_attributes", 8),
                               (5, "td_attributes", 8), (6, "xfam", 8), (7, "mr_td", 48), (8, "mr_config_id", 48), (9, "mr_owner", 48),
                               (10, "mr_owner_config", 48), (11, "rtmrs", 48), (11, "rtmrs", 48), (11, "rtmrs", 48), (11, "rtmrs", 48),
                               (12, "report_data", 64)]:
        body.append((number, name, q[at:at + size]))
        at += size
    if descriptor and descriptor[0][2] == 3:
        body += [(13, "tee_tcb_svn2", q[at:at + 16]), (14, "mr_service_td", q[at + 16:at + 64])]
        at = start + 648
    size = little(q[at:at + 4])
    at += 4
    sig, key, cert_type, cert_size = q[at:at + 64], q[at + 64:at + 128], little(q[at + 128:at + 130]), little(q[at + 130:at + 134])
    at += 134
    report = []
    for number, name, n in [(1, "cpu_svn", 16), (2, "misc_select", 4), (3, "reserved1", 28), (4, "attributes", 16), (5, "mr_enclave", 32),
                            (6, "reserved2", 32), (7, "mr_signer", 32), (8, "reserved3", 96), (9, "isv_prod_id", 2), (10, "isv_svn", 2),
                            (11, "reserved4", 60), (12, "report_data", 64)]:
        report.append((number, name, little(q[at:at + n]) if n in (2, 4) else q[at:at + n]))
        at += n
    qe_sig, auth = q[at:at + 64], little(q[at + 64:at + 66])
    at += 66
    data, at = q[at:at + auth], at + auth
    pck_type, pck_size = little(q[at:at + 2]), little(q[at + 2:at + 6])
    pck = [(1, "certificate_data_type", pck_type), (2, "size", pck_size), (3, "pck_cert_chain", q[at + 6:at + 6 + pck_size])]
    certified = [(1, "qe_report", report), (2, "qe_report_signature", qe_sig),
                 (3, "qe_auth_data", [(1, "parsed_data_size", auth), (2, "data", data)]), (4, "pck_certificate_chain_data", pck)]
    signed = [(1, "signature", sig), (2, "ecdsa_attestation_key", key),
              (3, "certification_data", [(1, "certificate_data_type", cert_type), (2, "size", cert_size),
                                         (3, "qe_report_certification_data", certified)])]
    second = (2, "td_quote_body_descriptor", descriptor + [(3, "td_quote_body_v5", body)]) if descriptor else (2, "td_quote_body", body)
    return [(1, "header", header), second, (3, "signed_data_size", size), (4, "signed_data", signed)]


def varint(v):
    out = b""
    while v > 0x7f:
        out += bytes([v & 0x7f | 0x80])
        v >>= 7
    return out + bytes([v])


def binary(message):
    out = b""
    for number, _, value in message:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            inner = binary(value) if isinstance(value, list) else value
            out += varint(number << 3 | 2) + varint(len(inner)) + inner
    return out


def text(message, indent=""):
    out = ""
    for _, name, value in message:
        if isinstance(value, list):
            out += f"{indent}{name}: {{\n{text(value, indent + '  ')}{indent}}}\n"
        elif isinstance(value, int):
            out += f"{indent}{name}: {value}\n"
        else:
            body = "".join(chr(c) if 0x20 <= c < 0x7f and chr(c) not in "\"\\" else f"\\{c:03o}" for c in value)
            out += f'{indent}{name}:  "{body}"\n'
    return out


def protojson(message):
    """camelCase names, 64-bit numbers as strings, bytes in base64."""
    out = {}
    for _, name, value in message:
        first, *rest = name.split("_")
        name = first + "".join(w.capitalize() for w in rest)
        if isinstance(value, list):
            value = protojson(value)
        elif isinstance(value, int):
            value = str(value) if value > 0xffffffff else value
        else:
            value = base64.b64encode(value).decode()
        out[name] = value if name not in out else (out[name] if isinstance(out[name], list) else [out[name]]) + [value]
    return out


def serde_report(r):
    """The sev crate's AttestationReport in JSON."""
    def tcb(off):
        b = r[off:off + 8]
        if r[0x188] == 0x1a:
            return {"fmc": b[0], "bootloader": b[1], "tee": b[2], "snp": b[3], "microcode": b[7]}
        return {"fmc": None, "bootloader": b[0], "tee": b[1], "snp": b[6], "microcode": b[7]}

    def version(off):
        return {"major": r[off + 2], "minor": r[off + 1], "build": r[off]}

    names = {"signature_algo": "sig_algo", "platform_info": "plat_info", "signer_info": "key_info"}
    out = {names.get(name, name): little(r[off:off + n]) if n <= 8 else list(r[off:off + n]) for _, name, off, n in REPORT
           if not name.startswith(("current_", "committed_")) and name != "signature"}
    out |= {"cpuid_fam_id": r[0x188] or None, "cpuid_mod_id": r[0x189] or None, "cpuid_step": r[0x18a] or None,
            "current": version(0x1e8), "committed": version(0x1ec), "current_mit_vector": little(r[0x200:0x208]) or None}
    for name, off in ("current_tcb", 0x38), ("reported_tcb", 0x180), ("committed_tcb", 0x1e0), ("launch_tcb", 0x1f0):
        out[name] = tcb(off)
    out["signature"] = {"r": list(r[0x2a0:0x2e8]), "s": list(r[0x2e8:0x330])}
    return out


def compact(n):
    return bytes([n << 2]) if n < 64 else struct.pack("<H", n << 2 | 1) if n < 1 << 14 else struct.pack("<I", n << 2 | 2)


def scale(evidence, certs):
    """dstack's attestation: SCALE, version 0, a variant, a vector of bytes, a vector of those."""
    return bytes([0, 3]) + compact(len(evidence)) + evidence + compact(len(certs)) + b"".join(compact(len(c)) + c for c in certs)


def mixed_endian(table):
    """A certificate table with its GUIDs in EFI's byte order."""
    out = bytearray(table)
    for at in range(0, len(table), 24):
        guid = table[at:at + 16]
        if guid == bytes(16):
            break
        out[at:at + 16] = guid[3::-1] + guid[5:3:-1] + guid[7:5:-1] + guid[8:]
    return bytes(out)


def event_log():
    """The first event of a TCG log, which names its format."""
    body = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, 12, 48, 0)
    return struct.pack("<II20sI", 1, 3, bytes(20), len(body)) + body


def event(index, kind, data, measured=None):
    """A further event; measured: what its digest is of, if not of the data."""
    digest = hashlib.sha384(data if measured is None else measured).digest()
    return struct.pack("<IIIH", index, kind, 1, 12) + digest + struct.pack("<I", len(data)) + data


def sev_certificate():
    return struct.pack("<I16s16sI16xII", 1, b"k" * 16, b"k" * 16, 0, 4096, 4096) + bytes(512)
