using System.CommandLine;
using Penstock.Cli;

return await new RootCommand("Penstock: an open vehicle-to-grid platform") { ServeCommand.Create() }.Parse(args).InvokeAsync();
