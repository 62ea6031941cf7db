import type { NextConfig } from "next";

const config: NextConfig = {
  distDir: process.env.LOCKSTEP_NEXT_DIR ?? ".next",
  poweredByHeader: false,
  // `npm run check` checks types, also of what the app imports from elsewhere; a start should not wait for it.
  typescript: { ignoreBuildErrors: true },
  reactStrictMode: true,
  experimental: {
    optimizePackageImports: ["radix-ui", "lucide-react"],
  },
};

export default config;
