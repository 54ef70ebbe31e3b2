import { PyWorkflowError, StoreError, StoreUnavailableError } from '../../core/errors.ts';

/** The driver's errors by name; it has no others in common. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Refused by the service: nothing was written, and it would be refused again. */
const REFUSED: readonly string[] = [
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'IncompleteSignatureException',
  'ExpiredTokenException',
  'CredentialsProviderError',
  'ResourceNotFoundException',
  'ValidationException',
  'UnknownOperationException',
  'SerializationException',
];

export function isRefusal(error: unknown): boolean {
  return REFUSED.includes(nameOf(error)) || PyWorkflowError.is(error);
}

const HINTS: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'The credentials need dynamodb:GetItem, BatchGetItem, Query, PutItem, UpdateItem, DeleteItem, BatchWriteItem and DescribeTable on the table and its indices, and CreateTable if it does not exist yet',
  CredentialsProviderError:
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or use a role',
  UnrecognizedClientException: 'The credentials are unknown: check AWS_ACCESS_KEY_ID',
  InvalidSignatureException: 'The credentials are wrong: check AWS_SECRET_ACCESS_KEY',
  ExpiredTokenException: 'The session has expired: log in again',
  ResourceNotFoundException: 'The table has been deleted: restart to create it anew',
};

const BUSY: readonly string[] = [
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'LimitExceededException',
];

/** @param where shown to people: the table and its region or address, no secrets. */
export function translateError(error: unknown, where: string): unknown {
  if (PyWorkflowError.is(error)) return error;
  const name = nameOf(error);
  const hint = HINTS[name];
  const options = { cause: error, ...(hint === undefined ? {} : { hint }) };
  if (hint !== undefined) {
    return new StoreUnavailableError(`${where} refuses access (${name})`, options);
  }
  if (name === 'ValidationException' || name === 'SerializationException') {
    return new StoreError(`${where} refuses a request: ${(error as Error).message}`, options);
  }
  if (BUSY.includes(name)) {
    return new StoreUnavailableError(`${where} is throttled (${name})`, options);
  }
  const code = (error as { code?: string } | null)?.code ?? name;
  return new StoreUnavailableError(`${where} cannot be reached (${code})`, options);
}
