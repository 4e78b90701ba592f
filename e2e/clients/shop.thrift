namespace py shop

exception Missing { 1: string what }

service Cart {
  string find(1: i32 id, 2: string secret) throws (1: Missing missing),
  list<string> all(1: i32 count),
  void fail(),
  oneway void note(1: string secret)
}
