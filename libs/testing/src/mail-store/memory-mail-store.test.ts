import { mailStoreContract } from './mail-store-contract.ts';
import { MemoryMailStore } from './memory-mail-store.ts';

mailStoreContract('memory', async () => {
  const store = new MemoryMailStore();
  return { store, other: store, stop: async () => {} };
});
