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
        var tls = new Option<int?>("--tls-port") { Description = "Port for stations over wss; 0 = a free one (none)" };
        var certificate = new Option<string?>("--certificate") { Description = "PEM or PFX file of the server's certificate, for --tls-port" };
        var key = new Option<string?>("--key") { Description = "PEM file of its key, where the certificate's file does not hold it" };
        var command = new Command("serve", "Accepts charging stations at ws://127.0.0.1:PORT/ocpp/{stationId}") { port, data, tls, certificate, key };
        command.SetAction((parsed, cancel) => RunAsync(Configured(options => options with
        {
            Data = parsed.GetValue(data) ?? options.Data,
            Port = parsed.GetValue(port) ?? options.Port,
            Security = options.Security with
            {
                TlsPort = parsed.GetValue(tls) ?? options.Security.TlsPort,
                ServerCertificate = parsed.GetValue(certificate) ?? options.Security.ServerCertificate,
                ServerKey = parsed.GetValue(key) ?? options.Security.ServerKey,
            },
        }), cancel));
        return command;
    }

    private static async Task<int> RunAsync(ServerOptions options, CancellationToken cancel)
    {
        try
        {
            await using var app = PenstockServer.Build(options, TimeProvider.System);
            await app.StartAsync(cancel);
            foreach (var url in app.Urls) await Console.Error.WriteLineAsync($"stations connect to {url.Replace("http", "ws", StringComparison.Ordinal)}/ocpp/{{stationId}}");
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
            await Console.Error.WriteLineAsync($"Port {options.Port} cannot be opened: {problem.Message} Stop the other program or give --port.");
            return 1;
        }
    }

    /// <summary>appsettings.json, then the environment (PENSTOCK__NAME), then the command line.</summary>
    private static ServerOptions Configured(Func<ServerOptions, ServerOptions> commandLine)
    {
        var settings = new ConfigurationBuilder().SetBasePath(Environment.CurrentDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build();
        var options = new ServerOptions();
        settings.GetSection("Penstock").Bind(options);
        return commandLine(options);
    }
}
