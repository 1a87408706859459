import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  base: '/',
  plugins: [svelte()],
  build: {
    outDir: '../src/Penstock.Server/wwwroot',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,          // the content security policy allows no data: scripts or styles
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
  server: { host: '127.0.0.1', port: 5173, strictPort: true, proxy: { '/api': 'http://127.0.0.1:8480' } },
  test: { include: ['tests/**/*.test.ts'], environment: 'node', reporters: ['default'] },
})
