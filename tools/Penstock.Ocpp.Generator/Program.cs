using Penstock.Ocpp.Generator;

// Usage: Penstock.Ocpp.Generator SCHEMAS OUTPUT
// SCHEMAS holds the folders 1.6, 2.0.1 and 2.1 of official JSON schemas; OUTPUT is src/Penstock.Ocpp.
if (args.Length != 2 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: dotnet run --project tools/Penstock.Ocpp.Generator -- SCHEMAS src/Penstock.Ocpp");
    return 2;
}

foreach (var (folder, space) in new[] { ("1.6", "V16"), ("2.0.1", "V201"), ("2.1", "V21") })
{
    var model = SchemaReader.Read(Path.Combine(args[0], folder));
    var target = Directory.CreateDirectory(Path.Combine(args[1], space)).FullName;
    foreach (var (file, text) in Emitter.Emit(model, space)) File.WriteAllText(Path.Combine(target, file), text);
    Console.WriteLine($"{space}: {model.Actions.Count} actions, {model.Records.Count} records, {model.Enums.Count} enums");
}

return 0;
