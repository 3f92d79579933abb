import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where a running system's admin API is, while the page is worked on with `vite`. */
const API = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../../../libs/compositions/dashboard/dist/web',
    emptyOutDir: true,
    target: 'es2023',
    // What is small stays a file too: the security policy knows only files of ours.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': API } },
});
