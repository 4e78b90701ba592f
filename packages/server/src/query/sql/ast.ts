// What a statement says, with the position of every part. No meaning yet: names are looked up by the translation.

export type MathOperator = '+' | '-' | '*' | '/' | '%';
export type CompareOperator = '=' | '!=' | '<' | '>' | '<=' | '>=' | 'like' | 'not like' | 'regexp' | 'not regexp';

export type Expr =
  | { readonly kind: 'name'; readonly name: string; readonly parts: readonly string[]; readonly at: number }
  /** Kept as text: 64-bit ids do not fit a double. */
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly text: string; readonly at: number }
  | { readonly kind: 'null'; readonly at: number }
  | { readonly kind: 'star'; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Expr[]; readonly at: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[]; readonly at: number }
  | {
      readonly kind: 'math';
      readonly operator: MathOperator;
      readonly left: Expr;
      readonly right: Expr;
      readonly at: number;
    }
  | {
      readonly kind: 'compare';
      readonly operator: CompareOperator;
      readonly left: Expr;
      readonly right: Expr;
      readonly at: number;
    }
  | {
      readonly kind: 'in';
      readonly negated: boolean;
      readonly left: Expr;
      readonly items: readonly Expr[];
      readonly at: number;
    }
  | { readonly kind: 'is_null'; readonly negated: boolean; readonly left: Expr; readonly at: number }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly left: Expr;
      readonly right: Expr;
      readonly at: number;
    }
  | { readonly kind: 'not'; readonly arg: Expr; readonly at: number };

export interface SelectItem {
  readonly expr: Expr;
  readonly alias?: string;
  /** Column name of the result: the alias, else the expression as print() writes it. */
  readonly name: string;
}
export interface OrderItem {
  readonly expr: Expr;
  readonly descending: boolean;
}
export interface Limit {
  readonly count: number;
  readonly offset: number;
}
export interface TableName {
  readonly name: string;
  readonly parts: readonly string[];
  readonly at: number;
}

export interface Select {
  readonly kind: 'select';
  readonly items: readonly SelectItem[];
  readonly distinct: boolean;
  readonly from: TableName;
  readonly where?: Expr;
  readonly group_by: readonly Expr[];
  readonly having?: Expr;
  readonly order_by: readonly OrderItem[];
  readonly limit?: Limit;
  /** At most so many series (combinations of the group keys other than time). */
  readonly slimit?: number;
}

/** `left join b on a.x = b.x and ...`: rows of the left without a match stay, with null. */
export interface Join {
  readonly outer: boolean;
  readonly name: string;
  readonly at: number;
  readonly on: Expr;
}
/** `with a as (select ...), b as (select ...) select a.x, b.y from a left join b on ...`. */
export interface With {
  readonly kind: 'with';
  readonly queries: readonly { readonly name: string; readonly at: number; readonly select: Select }[];
  readonly select: Select;
  readonly joins: readonly Join[];
}

export const SHOW_SUBJECTS = [
  'databases',
  'tables',
  'tags',
  'tag_values',
  'metrics',
  'functions',
  'enum_values',
  'all_enum_tags',
  'language',
] as const;
export type ShowSubject = (typeof SHOW_SUBJECTS)[number];

export interface Show {
  readonly kind: 'show';
  readonly subject: ShowSubject;
  /** SHOW TAG x VALUES, SHOW ENUM x VALUES. */
  readonly tag?: { readonly name: string; readonly at: number };
  readonly from?: TableName;
  readonly where?: Expr;
  readonly order_by: readonly OrderItem[];
  readonly limit?: Limit;
}

export type Statement = Select | Show | With;

/** The children of an expression, for walks that look for something. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'list':
      return expr.items;
    case 'call':
      return expr.args;
    case 'math':
    case 'compare':
    case 'logic':
      return [expr.left, expr.right];
    case 'in':
      return [expr.left, ...expr.items];
    case 'is_null':
      return [expr.left];
    case 'not':
      return [expr.arg];
    default:
      return [];
  }
}
