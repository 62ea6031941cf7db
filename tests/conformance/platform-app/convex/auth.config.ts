export default {
  providers: [
    {
      type: "customJwt",
      issuer: "https://issuer.test",
      jwks: process.env.CONFORMANCE_JWKS ?? "",
      algorithm: "ES256",
    },
    { domain: process.env.CONVEX_SITE_URL, applicationID: "convex" },
  ],
};
