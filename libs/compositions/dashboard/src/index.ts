export { createDashboard } from './create-dashboard.ts';
export type { Dashboard, DashboardOptions } from './create-dashboard.ts';
export { ensureAdminToken } from './admin-token.ts';
export { prepareFirstOperator } from './prepare-first-operator.ts';
export type { FirstOperator, FirstOperatorOptions } from './prepare-first-operator.ts';
export { createDashboardService } from './create-dashboard-service.ts';
