using System.CommandLine;
using Penstock.Server.Hosting;
using Penstock.Server.Storage;

namespace Penstock.Cli;

/// <summary>penstock serve: the central system for charging stations.</summary>
internal static class ServeCommand
{
    internal static Command Create()
    {
        var port = new Option<int?>("--port") { Description = "TCP port; 0 = a free one (8480)" };
        var data = new Option<string?>("--data") { Description = "Folder of the database (data)" };
        var command = new Command("serve", "Accepts charging stations at ws://127.0.0.1:PORT/ocpp/{stationId}") { port, data };
        command.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(data), parsed.GetValue(port), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string? data, int? port, CancellationToken cancel)
    {
        try
        {
            await using var app = PenstockServer.Build(Configured(data, port), TimeProvider.System);
            await app.StartAsync(cancel);
            await Console.Error.WriteLineAsync($"stations connect to {app.Urls.First().Replace("http", "ws", StringComparison.Ordinal)}/ocpp/{{stationId}}");
            await app.WaitForShutdownAsync(cancel);
            return 0;
        }
        catch (Exception problem) when (problem is DatabaseUnusableException or ConfigurationUnusableException)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return 3;
        }
        catch (IOException problem)
        {
            await Console.Error.WriteLineAsync($"Port {port} cannot be opened: {problem.Message} Stop the other program or give --port.");
            return 1;
        }
    }

    /// <summary>appsettings.json, then the environment (PENSTOCK__NAME), then the command line.</summary>
    private static ServerOptions Configured(string? data, int? port)
    {
        var settings = new ConfigurationBuilder().SetBasePath(Environment.CurrentDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build();
        var options = new ServerOptions();
        settings.GetSection("Penstock").Bind(options);
        return options with { Data = data ?? options.Data, Port = port ?? options.Port };
    }
}
