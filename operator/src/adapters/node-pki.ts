// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity as AsnValidity,
  Version,
} from '@peculiar/asn1-x509';
import type { CertificateFacts, KeyedCertificate, Pki, Validity } from '../ports/pki.ts';

const commonName = '2.5.4.3';
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

interface Signer {
  readonly key: KeyObject;
  readonly name: Name;
  readonly keyId: Uint8Array<ArrayBuffer>;
}

/** Certificates by Node.js and the ASN.1 schemas of RFC 5280: keys on P-256, signed by ECDSA with SHA-256. */
export const nodePki: Pki = {
  newAuthority(name, validity) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const id = keyIdOf(pair.publicKey);
    // Several CAs of one cluster are told apart by people, too.
    const subject = nameOf(`${name} ${hex(id).slice(0, 8)}`);
    const extensions = [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
    ];
    const signer: Signer = { key: pair.privateKey, name: subject, keyId: id };
    return certify(signer, { ...pair, subject, validity, extensions });
  },

  issue(authority, name, dnsNames, validity) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { subject: signerName, subjectPublicKeyInfo } = tbsOf(authority.certificate);
    const signer: Signer = {
      key: createPrivateKey(authority.key),
      name: signerName,
      keyId: sha1(subjectPublicKeyInfo.subjectPublicKey),
    };
    const names = dnsNames.map((dNSName) => new GeneralName({ dNSName }));
    const extensions = [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth])),
      extension(id_ce_subjectAltName, new SubjectAlternativeName(names)),
    ];
    return certify(signer, { ...pair, subject: nameOf(name), validity, extensions });
  },

  read(pem) {
    const all = pem.match(pemCertificate) ?? [];
    try {
      return all.length === 0 ? undefined : all.map(factsOf);
    } catch {
      return undefined;
    }
  },

  belongs({ certificate, key }) {
    try {
      return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
    } catch {
      return false;
    }
  },

  isSignedBy(certificate, authority) {
    try {
      const issuer = new X509Certificate(authority);
      const subject = new X509Certificate(certificate);
      return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
    } catch {
      return false;
    }
  },
};

function certify(
  signer: Signer,
  subject: {
    readonly publicKey: KeyObject;
    readonly privateKey: KeyObject;
    readonly subject: Name;
    readonly validity: Validity;
    readonly extensions: readonly Extension[];
  },
): KeyedCertificate {
  const { publicKey, privateKey, validity, extensions } = subject;
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: signatureAlgorithm,
    issuer: signer.name,
    validity: new AsnValidity({ notBefore: seconds(validity.notBeforeMs), notAfter: seconds(validity.notAfterMs) }),
    subject: subject.subject,
    subjectPublicKeyInfo: spkiOf(publicKey),
    extensions: new Extensions([
      ...extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdOf(publicKey))),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(signer.keyId) }),
      ),
    ]),
  });
  const signature = sign('sha256', new Uint8Array(AsnConvert.serialize(tbsCertificate)), signer.key);
  const signatureValue = new Uint8Array(signature).buffer;
  const der = AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue }));
  return {
    // As Node.js writes it, in lines.
    certificate: new X509Certificate(new Uint8Array(der)).toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function factsOf(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  const names = certificate.subjectAltName?.split(', ') ?? [];
  return {
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    pem: certificate.toString(),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
    dnsNames: names.flatMap((name) => (name.startsWith('DNS:') ? [name.slice('DNS:'.length)] : [])),
    isAuthority: certificate.ca,
  };
}

function tbsOf(pem: string): TBSCertificate {
  return AsnConvert.parse(new X509Certificate(pem).raw, Certificate).tbsCertificate;
}

function spkiOf(key: KeyObject): SubjectPublicKeyInfo {
  return AsnConvert.parse(key.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
}

/** RFC 5280, 4.2.1.2, method 1. */
function keyIdOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  return sha1(spkiOf(key).subjectPublicKey);
}

function sha1(bytes: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha1').update(new Uint8Array(bytes)).digest());
}

/** Positive, and of 16 bytes that nobody foresees. */
function serialNumber(): ArrayBuffer {
  const bytes = new Uint8Array(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })])]);
}

function extension(extnID: string, value: unknown, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function seconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
