// Mechanisms of SASL as registered with IANA. A word that is none of them may be a login that a client sent in its place.

const MECHANISMS = new Set([
  ...['9798-M-DSA-SHA1', '9798-M-ECDSA-SHA1', '9798-M-RSA-SHA1-ENC', '9798-U-DSA-SHA1', '9798-U-ECDSA-SHA1'],
  ...['9798-U-RSA-SHA1-ENC', 'ANONYMOUS', 'CRAM-MD5', 'DIGEST-MD5', 'EAP-AES128', 'EAP-AES128-PLUS'],
  ...['ECDH-X25519-CHALLENGE', 'ECDSA-NIST256P-CHALLENGE', 'EXTERNAL', 'GS2-KRB5', 'GS2-KRB5-PLUS', 'GSS-SPNEGO'],
  ...['GSSAPI', 'HT-SHA-256-ENDP', 'HT-SHA-256-EXPR', 'HT-SHA-256-NONE', 'HT-SHA-256-UNIQ', 'KERBEROS_V4'],
  ...['KERBEROS_V5', 'LOGIN', 'NMAS-SAMBA-AUTH', 'NMAS_AUTHEN', 'NMAS_LOGIN', 'NTLM', 'OAUTH10A', 'OAUTHBEARER'],
  ...['OPENID20', 'OTP', 'PLAIN', 'SAML20', 'SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'],
  ...['SCRAM-SHA-512', 'SCRAM-SHA-512-PLUS', 'SECURID', 'SKEY', 'SPNEGO', 'SPNEGO-PLUS', 'SXOVER-PLUS', 'XOAUTH'],
  'XOAUTH2',
]);

/** The mechanism's name in capitals, '?' for any other word. */
export function mechanism(word: string): string {
  const name = word.toUpperCase();
  return MECHANISMS.has(name) ? name : '?';
}
