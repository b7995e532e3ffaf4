import type { SignedEntity, TrustMaterial } from "@sigstore/verify";

type Authority = TrustMaterial["certificateAuthorities"][number];
type Certificate = Authority["certChain"][number];
type Log = TrustMaterial["tlogs"][number];

/**
 * Which of the authorities that vouch for a bundle the trust root does not hold, in words; null if it holds all. What
 * such a one says can be neither believed nor refuted: authorities come and go, and a root is a snapshot of them.
 */
export function unknownAuthority(
  { key, tlogEntries, timestamps }: SignedEntity,
  material: TrustMaterial,
): string | null {
  if (key.$case === "certificate") {
    const unknown = unknownBehind(key.certificate, material);
    if (unknown !== null) return unknown;
  }
  for (const { logId } of tlogEntries) {
    if (!isLogIn(material.tlogs, logId.keyId)) return `the log of signatures ${nameOf(logId.keyId)}`;
  }
  for (const stamp of timestamps) {
    if (stamp.$case !== "timestamp-authority") continue;
    const { signerSerialNumber: serial, signerIssuer: issuer } = stamp.timestamp;
    const isKnown = material.timestampAuthorities.some(
      ({ certChain: [leaf] }) => leaf?.serialNumber.equals(serial) === true && leaf.issuer.equals(issuer),
    );
    if (!isKnown) return `the timestamp authority ${nameOf(serial)}`;
  }
  return null;
}

function unknownBehind(certificate: Certificate, material: TrustMaterial): string | null {
  const isKnown = material.certificateAuthorities.some(({ certChain }) =>
    certChain.some((authority) => isIssuerOf(authority, certificate)),
  );
  if (!isKnown) return `the certificate authority ${nameOf(keyIdOf(certificate) ?? certificate.issuer)}`;
  const promises = certificate.extSCT?.signedCertificateTimestamps ?? [];
  const stranger = promises.find(({ logID }) => !isLogIn(material.ctlogs, logID));
  return stranger === undefined ? null : `the log of certificates ${nameOf(stranger.logID)}`;
}

// By key where both name one: an authority keeps its name when it gets another key.
function isIssuerOf(authority: Certificate, certificate: Certificate): boolean {
  const wanted = keyIdOf(certificate);
  const own = authority.extSubjectKeyID?.keyIdentifier;
  if (wanted !== undefined && own !== undefined) return own.equals(wanted);
  return authority.subject.equals(certificate.issuer);
}

function keyIdOf(certificate: Certificate): Buffer | undefined {
  return certificate.extAuthorityKeyID?.keyIdentifier;
}

function isLogIn(logs: readonly Log[], id: Buffer): boolean {
  return logs.some(({ logID }) => logID.equals(id));
}

function nameOf(id: Buffer): string {
  return id.toString("hex");
}
